#include "regard/kernels/cpu/attention.h"
namespace regard::kernels::cpu {
const AttentionKernels* attention_on_tiles(Level) { return nullptr; }
const AttentionKernels* attention_on_amx() { return nullptr; }
}
