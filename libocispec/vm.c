/* vm.c - the table of config.json's "vm" */
#include "libocispec/vm.h"
#include "libocispec/desc.h"

/* clang-format off */
static OCI_DESC(oci_vm_hypervisor,
	OCI_F(oci_vm_hypervisor, path,       "path", REQUIRED),
	OCI_F(oci_vm_hypervisor, parameters, "parameters"));

static OCI_DESC(oci_vm_kernel,
	OCI_F(oci_vm_kernel, path,       "path", REQUIRED),
	OCI_F(oci_vm_kernel, parameters, "parameters"),
	OCI_F(oci_vm_kernel, initrd,     "initrd"));

static OCI_DESC(oci_vm_image,
	OCI_F(oci_vm_image, path,   "path",   REQUIRED),
	OCI_F(oci_vm_image, format, "format", REQUIRED, ONE_OF("raw qcow2 vdi vmdk vhd")));

static OCI_DESC(oci_vm_iomem,
	OCI_F(oci_vm_iomem, first_gfn, "firstGFN"),
	OCI_F(oci_vm_iomem, first_mfn, "firstMFN", REQUIRED),
	OCI_F(oci_vm_iomem, nr_mfns,   "nrMFNs",   REQUIRED));

static OCI_DESC(oci_vm_hw_config,
	OCI_F(oci_vm_hw_config, device_tree, "deviceTree"),
	OCI_F(oci_vm_hw_config, vcpus,       "vcpus"),
	OCI_F(oci_vm_hw_config, memory,      "memory"),
	OCI_F(oci_vm_hw_config, dtdevs,      "dtdevs"),
	OCI_L(oci_vm_hw_config, iomems,      "iomems", oci_vm_iomem),
	OCI_F(oci_vm_hw_config, irqs,        "irqs"));

OCI_DESC(oci_vm,
	OCI_O(oci_vm, hypervisor, "hypervisor", oci_vm_hypervisor),
	OCI_O(oci_vm, kernel,     "kernel",     oci_vm_kernel, REQUIRED),
	OCI_O(oci_vm, image,      "image",      oci_vm_image),
	OCI_O(oci_vm, hw_config,  "hwConfig",   oci_vm_hw_config));
/* clang-format on */
