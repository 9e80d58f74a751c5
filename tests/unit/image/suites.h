/* suites.h - the suites of src/image, one a source file */
#ifndef TESTS_UNIT_IMAGE_SUITES_H
#define TESTS_UNIT_IMAGE_SUITES_H

#include "tests/unit/unit.h"

Suite *image_accounts_suite(void);
Suite *image_challenge_suite(void);
Suite *image_convert_suite(void);
Suite *image_decoder_suite(void);
Suite *image_digest_suite(void);
Suite *image_layer_suite(void);
Suite *image_media_suite(void);
Suite *image_member_path_suite(void);
Suite *image_name_set_suite(void);
Suite *image_overlay_view_suite(void);
Suite *image_platform_suite(void);
Suite *image_reference_suite(void);
Suite *image_registries_suite(void);
Suite *image_settings_suite(void);
Suite *image_staging_suite(void);
Suite *image_store_suite(void);
Suite *image_stream_suite(void);
Suite *image_toml_suite(void);
Suite *image_tree_suite(void);

#endif
