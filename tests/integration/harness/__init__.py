"""harness - what every integration test stands on: the runtime, bundles, the host before and after"""
