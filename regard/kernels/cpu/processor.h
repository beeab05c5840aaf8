#pragma once

namespace regard::kernels::cpu {

// AVX-512's dot products of bytes (AVX512_VNNI).
bool has_vnni();

// Intel's tiles with bf16 and int8 (AMX), where the system lets this process use them: Linux keeps their
// state for a process only after it has asked (arch_prctl ARCH_REQ_XCOMP_PERM), and may refuse. Asks once.
bool has_amx();

}  // namespace regard::kernels::cpu
