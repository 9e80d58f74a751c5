/* all.c - the unit tests of src/image */
#include "tests/unit/image/suites.h"

int main(int argc, char **argv)
{
	/* clang-format off */
	static Suite *(*const suites[])(void) = {
		image_accounts_suite,
		image_challenge_suite,
		image_convert_suite,
		image_decoder_suite,
		image_digest_suite,
		image_layer_suite,
		image_media_suite,
		image_member_path_suite,
		image_name_set_suite,
		image_overlay_view_suite,
		image_platform_suite,
		image_reference_suite,
		image_registries_suite,
		image_settings_suite,
		image_staging_suite,
		image_store_suite,
		image_stream_suite,
		image_toml_suite,
		image_tree_suite,
		NULL,
	};
	/* clang-format on */

	return unit_main(suites, argc, argv);
}
