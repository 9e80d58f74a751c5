/* vm.h - config.json's "vm": kept for virtual-machine runtimes, read and printed only */
#ifndef OCI_VM_H
#define OCI_VM_H

#include "libocispec/types.h"

struct oci_vm_hypervisor {
	char *path;
	struct oci_strings parameters;
};

struct oci_vm_kernel {
	char *path;
	struct oci_strings parameters;
	char *initrd;
};

struct oci_vm_image {
	char *path;
	char *format;
};

struct oci_vm_iomem {
	struct oci_u64 first_gfn;
	uint64_t first_mfn;
	uint64_t nr_mfns;
};

struct oci_vm_hw_config {
	char *device_tree;
	struct oci_u32 vcpus;
	struct oci_u64 memory;
	struct oci_strings dtdevs;
	OCI_LIST(struct oci_vm_iomem) iomems;
	struct oci_u32s irqs;
};

struct oci_vm {
	struct oci_vm_hypervisor *hypervisor;
	struct oci_vm_kernel *kernel;
	struct oci_vm_image *image;
	struct oci_vm_hw_config *hw_config;
};

extern const struct oci_desc oci_vm_desc;

#endif
