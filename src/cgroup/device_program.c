/* device_program.c - see device_program.h */
#include "cgroup/device_program.h"

#include "base/text.h"

enum { R_VERDICT = 0, R_CONTEXT = 1, R_TYPE = 2, R_ACCESS = 3, R_MAJOR = 4, R_MINOR = 5 };

#define PROLOGUE_SIZE 6
#define RULE_SIZE 4  /* at most: a test each of type, major and minor, and a jump */
#define GROUP_SIZE 6 /* at most: the jump over the tail, and the tail */
#define END_SIZE 2
#define GROUP_MAX 512 /* rules; a jump over a group must fit 16 bits */

/* Where a jump goes, before it is known how far that is. */
enum label {
	TO_TAIL = -1, /* it matches */
	PAST_MAJOR = -2,
	PAST_TYPE = -3,
	PAST_GROUP = -4, /* none of the group matches */
};

struct program {
	struct bpf_insn *insns;
	size_t n;
};

static void emit(struct program *p, uint8_t code, unsigned int dst, unsigned int src, int16_t off,
		 uint32_t imm)
{
	p->insns[p->n++] = (struct bpf_insn){
		.code = code,
		.dst_reg = dst & 0xf,
		.src_reg = src & 0xf,
		.off = off,
		.imm = (int32_t) imm,
	};
}

static void emit_verdict(struct program *p, bool allow)
{
	emit(p, BPF_ALU | BPF_MOV | BPF_K, R_VERDICT, 0, 0, allow);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* struct bpf_cgroup_dev_ctx: access << 16 | type, major, minor. */
static void emit_prologue(struct program *p)
{
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_TYPE, R_CONTEXT, 0, 0);
	emit(p, BPF_ALU | BPF_MOV | BPF_X, R_ACCESS, R_TYPE, 0, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, R_ACCESS, 0, 0, 16);
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_MAJOR, R_CONTEXT, 4, 0);
	emit(p, BPF_LDX | BPF_MEM | BPF_W, R_MINOR, R_CONTEXT, 8, 0);
}

static void emit_jump(struct program *p, uint8_t how, unsigned int reg, uint32_t value,
		      enum label label)
{
	emit(p, BPF_JMP32 | how | BPF_K, reg, 0, (int16_t) label, value);
}

/* Lets the jumps to label since `from` end here. */
static void bind_label(struct program *p, size_t from, enum label label)
{
	for (size_t at = from; at < p->n; at++)
		if (p->insns[at].off == label)
			p->insns[at].off = (int16_t) (p->n - at - 1);
}

/* What a match does.  Accesses that are decided in part go on to the next group. */
static void emit_tail(struct program *p, const struct device_rule *r)
{
	if (r->allow && r->access == DEVICE_ALL_ACCESS) {
		emit_verdict(p, true);
	} else if (r->allow) {
		emit(p, BPF_ALU | BPF_AND | BPF_K, R_ACCESS, 0, 0, ~(uint32_t) r->access);
		emit(p, BPF_JMP32 | BPF_JNE | BPF_K, R_ACCESS, 0, 2, 0);
		emit_verdict(p, true);
	} else {
		emit(p, BPF_ALU | BPF_MOV | BPF_X, R_VERDICT, R_ACCESS, 0, 0);
		emit(p, BPF_ALU | BPF_AND | BPF_K, R_VERDICT, 0, 0, r->access);
		emit(p, BPF_JMP32 | BPF_JEQ | BPF_K, R_VERDICT, 0, 2, 0);
		emit_verdict(p, false);
	}
}

/* n rules of one type and major.  The tests are nested, and a device of this major and another
 * minor leaves the group at once: the kernel's verifier walks all ways through the program, which
 * is most of what loading it costs. */
static void emit_major(struct program *p, const struct device_rule *r, size_t n)
{
	size_t start = p->n;

	if (r->minor == DEVICE_ANY) { /* alone, for it covers the others */
		emit_jump(p, BPF_JEQ, R_MAJOR, r->major, TO_TAIL);
		return;
	}
	if (r->major != DEVICE_ANY)
		emit_jump(p, BPF_JNE, R_MAJOR, r->major, PAST_MAJOR);
	for (size_t i = 0; i < n; i++)
		emit_jump(p, BPF_JEQ, R_MINOR, r[i].minor, TO_TAIL);
	if (r->major != DEVICE_ANY && r->type != DEVICE_ANY)
		emit(p, BPF_JMP | BPF_JA, 0, 0, PAST_GROUP, 0);
	bind_label(p, start, PAST_MAJOR);
}

/* n rules of one type. */
static void emit_type(struct program *p, const struct device_rule *r, size_t n)
{
	size_t start = p->n;

	if (r->major == DEVICE_ANY && r->minor == DEVICE_ANY) { /* alone, too */
		if (r->type != DEVICE_ANY)
			emit_jump(p, BPF_JEQ, R_TYPE, r->type, TO_TAIL);
		return;
	}
	if (r->type != DEVICE_ANY)
		emit_jump(p, BPF_JNE, R_TYPE, r->type, PAST_TYPE);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && r[end].major == r[i].major;)
			end++;
		emit_major(p, &r[i], end - i);
	}
	bind_label(p, start, PAST_TYPE);
}

/* n rules that are alike but for the device. */
static void emit_group(struct program *p, const struct device_rule *r, size_t n)
{
	size_t start = p->n;

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && r[end].type == r[i].type;)
			end++;
		emit_type(p, &r[i], end - i);
	}
	if (p->n > start) /* else the rule is for all devices */
		emit(p, BPF_JMP | BPF_JA, 0, 0, PAST_GROUP, 0);
	bind_label(p, start, TO_TAIL);
	emit_tail(p, r);
	bind_label(p, start, PAST_GROUP);
}

struct bpf_insn *device_program_compile(const struct device_rules *rules, size_t *ret_n)
{
	size_t size = PROLOGUE_SIZE + END_SIZE + rules->n * (RULE_SIZE + GROUP_SIZE);
	struct program p = { .insns = xcalloc(size, sizeof(*p.insns)) };
	size_t left = rules->n;

	if (left > 0)
		emit_prologue(&p);
	while (left > 0) {
		size_t n = 1;

		while (n < left && n < GROUP_MAX &&
		       device_rules_alike(&rules->items[left - 1], &rules->items[left - 1 - n]))
			n++;
		left -= n;
		emit_group(&p, rules->items + left, n);
	}
	emit_verdict(&p, rules->allow_rest);
	*ret_n = p.n;
	return p.insns;
}
