#include <cstdlib>
#include <sstream>
#include <string>

#include "tests/support/program.h"

namespace regard::testing_support {
namespace {

using TrainKill = ProgramTest;

// Goes on with a run and kills it, at a random moment or as soon as a save has begun, until processes enough
// have died so; a run that ends is compared with the one that nobody disturbed, and the next begins. A
// process that goes on must have lost no more than the updates since the last save. Prints how many were
// killed, and how many of them in a save.
constexpr const char* kill_script = R"sh(
options=(--train pairs.tsv --valid valid.tsv --set d_model=16 --set encoder_layers=1 --set decoder_layers=1
  --set encoder_attention_heads=2 --set decoder_attention_heads=2 --set encoder_ffn_dim=32 --set decoder_ffn_dim=32
  --set vocab_size=40 --set batch_tokens=64 --set warmup_steps=4 --set save_steps=5 --set eval_steps=15
  --set logging_steps=1 --set max_steps=60 --set ema_decay=0.9 --set spike_window=16 --set gradient_noise=1e-4)
start=$(date +%s%N)
"$PROGRAM" train translation "${options[@]}" --output whole --threads 2 || exit 1
length=$(( ($(date +%s%N) - start) / 1000000 ))  # of a whole run, in milliseconds
RANDOM=7; kills=0; inside=0
while [ $kills -lt $KILLS ]; do
  rm -rf run
  while :; do
    last=$(sed -n 's/.*"step":\([0-9]*\).*/\1/p' run/log.jsonl 2> /dev/null | tail -n 1)
    in_save=$((kills % 5 == 0))
    [ $in_save = 1 ] && rm -rf run/checkpoints/*.partial  # what is found below is of this process
    "$PROGRAM" train translation "${options[@]}" --output run --resume --threads $((1 + RANDOM % 2)) 2> err & p=$!
    if [ $in_save = 1 ]; then
      until compgen -G 'run/checkpoints/*.partial' > /dev/null; do
        read -r _ _ state _ < /proc/$p/stat && [ $state != Z ] || break
      done
    else
      ms=$((RANDOM % (length * 2 / 3 + 1)))
      sleep $((ms / 1000)).$(printf %03d $((ms % 1000)))
    fi
    kill -9 $p 2> /dev/null
    wait $p 2> /dev/null; status=$?
    from=$(sed -n 's/.*going on from update \([0-9]*\)$/\1/p' err)
    if grep -q 'going on from\|from the beginning' err && [ $((${last:-0} - ${from:-0})) -gt 5 ]; then
      echo "lost ${last:-0} - ${from:-0} updates"
    fi
    [ $status = 0 ] && break
    if [ $status != 137 ]; then echo "exit $status: $(cat err)"; exit 1; fi
    kills=$((kills + 1))
    inside=$((inside + in_save))
  done
  cmp run/model.safetensors whole/model.safetensors
done
echo $kills $inside
)sh";

// FAULTS 29; REGARD_KILLS says how often.
TEST_F(TrainKill, AnyMomentWillDo) {
  std::string pairs, valid;
  const std::string words[] = {"red", "blue", "green", "one", "two", "cat"};
  for (int i = 0; i < 120; ++i) {
    const std::string a = words[i % 6], b = words[i / 6 % 6], c = words[i * 7 / 5 % 6];
    (i % 10 == 0 ? valid : pairs) += a + " " + b + " " + c + "\t" + c + " " + b + " " + a + "\n";
  }
  write("pairs.tsv", pairs);
  write("valid.tsv", valid);
  const char* asked = std::getenv("REGARD_KILLS");  // NOLINT: read before any thread
  const int times = asked != nullptr ? std::atoi(asked) : 10;
  const Result result = sh("KILLS=" + std::to_string(times) + "\n" + kill_script);
  EXPECT_EQ(result.exit, 0) << result.err;
  std::istringstream text(result.out);
  int kills = 0, in_save = 0;
  EXPECT_TRUE(text >> kills >> in_save) << result.out;
  EXPECT_GE(kills, times);
  EXPECT_GE(in_save, times / 5);
}

}  // namespace
}  // namespace regard::testing_support
