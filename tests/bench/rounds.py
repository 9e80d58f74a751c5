"""rounds.py - subjects that take turns, round by round

What disturbs a machine disturbs some rounds and not others, and all subjects of a round alike.  So the
third of the rounds in which all of them together took least stands for all."""

import statistics


def take(subjects, rounds, measure, progress=lambda number, name: None):
    """{subject: its samples, one a round}; measure(subject's value) is a number, or a list of them
    that begins with the time"""
    samples = {name: [] for name in subjects}
    for number in range(rounds):
        for name, what in subjects.items():
            progress(number, name)
            samples[name].append(measure(what))
    return samples


def quieter(samples):
    """the same of the quieter third of the rounds"""
    def total(number):
        values = [column[number] for column in samples.values()]
        return sum(value if isinstance(value, (int, float)) else value[0] for value in values)
    n = len(next(iter(samples.values())))
    kept = sorted(range(n), key=total)[:(n + 2) // 3]
    return {name: [column[number] for number in kept] for name, column in samples.items()}


def medians(samples):
    """{subject: the median, or the median of each column, of the quieter third}"""
    def of(values):
        if isinstance(values[0], (int, float)):
            return statistics.median(values)
        return [statistics.median(column) for column in zip(*values)]
    return {name: of(values) for name, values in quieter(samples).items()}


def difference(samples, one, other):
    """how much longer one takes: the median of the quieter rounds' differences"""
    kept = quieter(samples)
    return statistics.median(left[0] - right[0] for left, right in zip(kept[one], kept[other]))
