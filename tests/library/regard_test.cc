#include "regard/regard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>

#include "regard/tensor/safetensors.h"
#include "tests/support/small_causal_model.h"
#include "tests/support/small_encoder.h"
#include "tests/support/small_model.h"

namespace regard::testing_support {
namespace {

class Library : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder() = std::filesystem::path(testing::TempDir()) / ("regard_library_" + std::to_string(getpid()));
    make_small_model(folder());
    // The same with other weights.
    std::filesystem::remove_all(other_folder());
    std::filesystem::copy(folder(), other_folder());
    const Json config = read_json(folder() / "config.json");
    models::save(*models::create(config, RandomKey{8}), other_folder());
  }
  static void TearDownTestSuite() {
    std::filesystem::remove_all(folder());
    std::filesystem::remove_all(other_folder());
  }
  static std::filesystem::path other_folder() { return folder().string() + "_other"; }
  static std::filesystem::path& folder() {
    static std::filesystem::path path;
    return path;
  }
};

std::vector<std::string> answers(const Model& model) {
  std::vector<std::string> texts;
  for (const std::string& text : small_sentences()) texts.push_back(model.translate(text).text);
  return texts;
}

// Two models in one process, each called from eight threads at once; in the middle of it loads fail.
TEST_F(Library, SixteenThreadsGetTheSameAnswersAsOne) {
  const Model model = load(folder(), {.threads = 2});
  const Model other = load(other_folder(), {.threads = 1});
  const auto expected = answers(model), expected_of_other = answers(other);
  ASSERT_NE(expected, expected_of_other);
  std::atomic<int> same = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t)
    threads.emplace_back([&, t] {
      const bool first = t % 2 == 0;
      for (int round = 0; round < 2; ++round) {
        same += answers(first ? model : other) == (first ? expected : expected_of_other) ? 1 : 0;
        try {
          load(folder() / "missing");
        } catch (const InputError&) {
          ++refused;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, 32);
  EXPECT_EQ(refused, 32);
  EXPECT_EQ(answers(model), expected);
}

// What the process writes on standard output and error while `work` runs.
std::string written_during(const std::function<void()>& work) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("regard_written_" + std::to_string(getpid()));
  std::fflush(nullptr);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const int out = ::dup(STDOUT_FILENO), err = ::dup(STDERR_FILENO);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  work();
  std::fflush(nullptr);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  for (const int fd : {file, out, err}) ::close(fd);
  std::string text = read_text(path);
  std::filesystem::remove(path);
  return text;
}

TEST_F(Library, PrintsNothing) {
  EXPECT_EQ(written_during([] { ::write(STDERR_FILENO, "seen", 4) == 4 ? void() : abort(); }), "seen");
  const std::string text = written_during([] {
    const Model model = load(folder());
    answers(model);
    EXPECT_THROW(load(folder() / "missing"), InputError);
    EXPECT_THROW(load("/proc/self/mem"), InputError);
    EXPECT_THROW(model.translate("a", {.generation = "{"}), UsageError);
    model.translate(std::string(3000, 'a'));  // cut
    std::stop_source source;
    source.request_stop();
    EXPECT_THROW(model.translate(small_sentences()[0], {.stop = source.get_token()}), Interrupted);
  });
  EXPECT_EQ(text, "");
}

// A damaged model is an exception, wherever it is damaged, and the process goes on.
TEST_F(Library, DamagedModelsAreErrors) {
  const Model model = load(folder());
  const std::filesystem::path copy = folder().string() + "_damaged";
  for (const char* name : {"config.json", "model.safetensors", "source.spm", "vocab.json"}) {
    std::filesystem::remove_all(copy);
    std::filesystem::copy(folder(), copy);
    ASSERT_TRUE(std::filesystem::exists(copy / name)) << name;
    std::filesystem::resize_file(copy / name, std::filesystem::file_size(copy / name) / 2);
    EXPECT_THROW(load(copy), Error) << name;
    std::filesystem::remove(copy / name);
    EXPECT_THROW(load(copy), Error) << name;
  }
  std::filesystem::remove_all(copy);
  EXPECT_FALSE(answers(model).empty());
}

TEST_F(Library, ManyTextsAtOnceAreTheSameAsOneByOne) {
  const Model model = load(folder());
  std::vector<std::string> texts = small_sentences();
  texts.insert(texts.begin() + 2, "");
  const auto together = model.translate(texts);
  ASSERT_EQ(together.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Translation alone = model.translate(texts[i]);
    EXPECT_EQ(together[i].text, alone.text);
    EXPECT_EQ(together[i].score, alone.score);
  }
  EXPECT_EQ(together[2].text, "");
}

TEST_F(Library, OptionsAreTheGenerationKeys) {
  const Model model = load(folder());
  const std::string text = small_sentences()[0];
  EXPECT_EQ(model.translate(text, {.beams = 4}).alternatives.size(), 3U);
  EXPECT_EQ(model.translate(text, {.beams = 1}).alternatives.size(), 0U);
  EXPECT_LE(model.translate(text, {.max_length = 5}).tokens.size(), 4U);
  EXPECT_GE(model.translate(text, {.min_length = 12}).tokens.size(), 12U);
  EXPECT_EQ(model.translate(text, {.generation = R"({"num_beams": 3})"}).alternatives.size(), 2U);
}

TEST_F(Library, TranslatesAsTheProgramCan) {
  const Model model = load(folder());
  const std::string text = small_sentences()[1];
  EXPECT_EQ(model.translate(text, {.nbest = 3}).alternatives.size(), 2U);
  const auto sample = [&](std::uint64_t seed) {
    return model.translate(text, {.nbest = 2, .sample = true, .seed = seed}).text;
  };
  EXPECT_EQ(sample(3), sample(3));
  EXPECT_EQ(model.translate(text, {.prefix = "der hund"}).text.rfind("der hund", 0), 0U);
  const auto two = model.translate({text, text}, {.prefixes = {"zwei", ""}});
  EXPECT_EQ(two[0].text.rfind("zwei", 0), 0U);
  EXPECT_EQ(two[1].text, model.translate(text).text);
  const Translation aligned = model.translate(text, {.alignment = true, .alignment_layer = 1});
  EXPECT_EQ(aligned.alignment.size(), aligned.tokens.size());
  EXPECT_LE(aligned.quality, 0.0);
  const Translation kept =
      model.translate("the {name} AB-1 runs", {.keep_placeholders = true, .keep = {"[A-Z]+-1"}});
  EXPECT_NE(kept.text.find("{name}"), std::string::npos) << kept.text;
  EXPECT_NE(kept.text.find("AB-1"), std::string::npos) << kept.text;
  EXPECT_EQ(kept.kept + kept.placed, 2);
  EXPECT_EQ(model.translate("A dog. A man.", {.split_sentences = true}).pieces, 2);
  EXPECT_THROW(model.translate(text, {.alignment = true, .alignment_layer = 9}), UsageError);
  EXPECT_THROW(model.translate(text, {.keep = {"("}}), UsageError);
  EXPECT_THROW(model.translate({text, text}, {.prefixes = {"zwei"}}), UsageError);
}

TEST_F(Library, FailuresAreErrors) {
  EXPECT_THROW(load(folder() / "missing"), InputError);
  EXPECT_THROW(load(folder(), {.threads = -1}), UsageError);
  const Model model = load(folder());
  EXPECT_THROW(model.translate("a", {.beams = -1}), UsageError);
  EXPECT_THROW(model.translate("a", {.generation = "{"}), UsageError);
  EXPECT_THROW(model.translate("a", {.generation = R"({"beams": 3})"}), UsageError);
  EXPECT_NO_THROW(model.translate("\xff\xfe not UTF-8 \xc3"));
}

TEST_F(Library, ACallCanBeCancelled) {
  const Model model = load(folder());
  std::stop_source source;
  source.request_stop();
  EXPECT_THROW(model.translate(small_sentences()[0], {.stop = source.get_token()}), Interrupted);
  std::stop_source never;
  EXPECT_NO_THROW(model.translate(small_sentences()[0], {.stop = never.get_token()}));
}

// A folder that goes with the test.
class Folder {
 public:
  explicit Folder(const char* name)
      : path_(std::filesystem::path(testing::TempDir()) / (name + std::to_string(getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_F(Library, SummarizeIsTranslateByAnotherName) {
  const Model model = load(folder());
  const std::string text = small_sentences()[0];
  EXPECT_EQ(model.summarize(text).text, model.translate(text).text);
  EXPECT_EQ(model.summarize(std::vector<std::string>{text, text}).size(), 2U);
}

TEST_F(Library, ADecoderGenerates) {
  const Folder where("regard_library_decoder_");
  make_small_causal_model(where.path());
  const Model model = load(where.path(), {.threads = 2});
  std::string streamed;
  GenerateOptions options{.max_new_tokens = 9, .beams = 1};
  options.on_text = [&](std::string_view text) { streamed += text; };
  const Generation one = model.generate("a dog", options);
  EXPECT_EQ(streamed, one.text);
  EXPECT_LE(one.tokens.size(), 9U);
  EXPECT_FALSE(one.text.empty());
  EXPECT_THROW(model.generate(std::vector<std::string>{"a", "b"}, options), UsageError);
  const auto both =
      model.generate(std::vector<std::string>{"a dog", "two"}, {.max_new_tokens = 9, .beams = 1});
  EXPECT_EQ(both[0].text, one.text);
  const auto drawn = [&](std::uint64_t seed) {
    return model.generate("a", {.max_new_tokens = 9, .results = 2, .sample = true, .seed = seed});
  };
  EXPECT_EQ(drawn(4).text, drawn(4).text);
  EXPECT_EQ(drawn(4).alternatives.size(), 1U);
  EXPECT_THROW(model.generate("a", {.generation = "[1]"}), UsageError);
  std::stop_source source;
  source.request_stop();
  EXPECT_THROW(model.generate("a", {.stop = source.get_token()}), Interrupted);
  EXPECT_THROW(model.translate("a"), InputError);
  EXPECT_THROW(model.classify("a"), InputError);
  EXPECT_EQ(model.embed("a dog").size(), model.embed("a").size());  // by its stack
  EXPECT_NE(model.embed("a dog"), model.embed("a"));
}

TEST_F(Library, AnAdapterIsAddedWhenAModelIsLoaded) {
  const Folder base("regard_library_base_"), adapter("regard_library_adapter_");
  make_small_encoder(base.path(), "BertModel");
  const std::string module = "base_model.model.encoder.layer.0.attention.self.value";
  std::filesystem::create_directories(adapter.path());
  write_atomically(adapter.path() / "adapter_config.json",
                   R"({"peft_type": "LORA", "r": 1, "lora_alpha": 1, "base_model_name_or_path": ")" +
                       base.path().string() + "\"}");
  write_safetensors(
      adapter.path() / "adapter_model.safetensors",
      std::vector<NamedTensor>{{module + ".lora_A.weight", Tensor::full({1, 8}, DType::f32, 1)},
                               {module + ".lora_B.weight", Tensor::full({8, 1}, DType::f32, 1)}});
  const auto before = load(base.path()).embed("the dog");
  const Model both = load(base.path(), {.adapter = adapter.path()});
  const auto after = both.embed("the dog");
  EXPECT_NE(after, before);
  EXPECT_EQ(both.embed("the dog"), after);
  EXPECT_THROW(load(base.path(), {.adapter = base.path()}), InputError);
}

TEST_F(Library, AnEncoderClassifies) {
  const Folder where("regard_library_classifier_");
  make_small_encoder(where.path(), "BertForSequenceClassification");
  const Model model = load(where.path(), {.threads = 2});
  const Classification one = model.classify("the dog runs");
  ASSERT_EQ(one.scores.size(), 2U);
  EXPECT_EQ(one.label, one.scores[0].label);
  EXPECT_EQ(one.score, one.scores[0].score);
  EXPECT_GE(one.score, one.scores[1].score);
  EXPECT_NEAR(one.scores[0].score + one.scores[1].score, 1, 1e-12);
  const auto several = model.classify(std::vector<std::string>{"a man rides the horse", "the dog runs"});
  EXPECT_EQ(several[1].score, one.score);
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_NE(model.classify(Pairs{{"the dog", "runs"}})[0].score, one.score);
  EXPECT_THROW(model.fill_mask("a [MASK]"), InputError);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(model.classify("a dog", {.stop = stop.get_token()}), Interrupted);
}

TEST_F(Library, AnEncoderEmbedsAndFillsMasks) {
  const Folder where("regard_library_encoder_");
  make_small_encoder(where.path(), "BertForMaskedLM");
  const Model model = load(where.path());
  const FilledText filled = model.fill_mask("the [MASK] runs", {.top = 3});
  ASSERT_EQ(filled.candidates.size(), 3U);
  EXPECT_EQ(filled.text, filled.candidates[0].text);
  EXPECT_GE(filled.candidates[0].score, filled.candidates[1].score);
  EXPECT_THROW(model.fill_mask("no mask"), InputError);
  EXPECT_THROW(model.fill_mask("[MASK]", {.top = 0}), UsageError);
  const auto vectors = model.embed(std::vector<std::string>{"a dog", "the horse runs"});
  ASSERT_EQ(vectors.size(), 2U);
  EXPECT_EQ(vectors[0].size(), 8U);
  EXPECT_EQ(vectors[1], model.embed("the horse runs"));
  EXPECT_NE(vectors[0], vectors[1]);
  EXPECT_THROW(model.translate("a"), InputError);
  EXPECT_THROW(model.generate("a"), InputError);
}

TEST_F(Library, AnEncoderTagsAndAnswers) {
  const Folder tags("regard_library_tags_"), answers("regard_library_answers_");
  make_small_encoder(tags.path(), "BertForTokenClassification");
  const Model tagger = load(tags.path());
  const std::string text = "é man rides, the dogs.";
  const TaggedText tagged = tagger.tag(text);
  ASSERT_EQ(tagged.words.size(), 7U);
  EXPECT_EQ(tagged.words[3].text, ",");
  EXPECT_EQ(tagged.words[0].tag.rfind("LABEL_", 0), 0U);
  ASSERT_FALSE(tagged.entities.empty());  // labels without prefixes: every word is in one
  EXPECT_EQ(tagged.entities.front().start, 0);
  EXPECT_EQ(tagged.entities.back().end, 22);
  EXPECT_EQ(tagger.tag(text, {.words_are_parted = true}).words.size(), 5U);
  EXPECT_THROW(tagger.answer("a", "b"), InputError);

  make_small_encoder(answers.path(), "BertForQuestionAnswering");
  const Model answerer = load(answers.path());
  const Answer answer = answerer.answer("a man", "é the man rides", {.top = 3});
  EXPECT_EQ(answer.alternatives.size(), 2U);
  EXPECT_GE(answer.score, answer.alternatives[0].score);
  EXPECT_FALSE(answer.text.empty());
  const auto both = answerer.answer(std::vector<Question>{{"a man", "é the man rides"}, {"a", ""}});
  EXPECT_EQ(both[0].text, answer.text);
  EXPECT_EQ(both[1].text, "");
  EXPECT_THROW(answerer.answer("a", "b", {.top = 0}), UsageError);
  EXPECT_THROW(answerer.tag("a"), InputError);
}

TEST_F(Library, AnEncoderWithoutAHeadOnlyEmbeds) {
  const Folder where("regard_library_base_");
  make_small_encoder(where.path(), "BertModel");
  const Model model = load(where.path());
  EXPECT_EQ(model.embed("a man").size(), 8U);
  EXPECT_THROW(model.fill_mask("a [MASK]"), InputError);
  std::filesystem::resize_file(where.path() / "model.safetensors", 100);
  EXPECT_THROW(load(where.path()), InputError);
}

TEST_F(Library, AModelExplainsItself) {
  const Explanation why = load(folder()).explain("a man rides a brown horse", {.page = true});
  EXPECT_EQ(why.task, "translation");
  EXPECT_EQ(why.result, load(folder()).translate("a man rides a brown horse").text);
  ASSERT_EQ(why.sides.size(), 2U);
  ASSERT_EQ(why.answers.size(), why.sides[1].tokens.size());
  for (const Explanation::Answer& answer : why.answers) {
    ASSERT_EQ(answer.attributions.size(), 1U);
    EXPECT_EQ(answer.attributions[0].method, "gradient-x-input");
    EXPECT_EQ(answer.attributions[0].scores[0].size(), why.sides[0].tokens.size());
  }
  EXPECT_EQ(why.json.front(), '{');
  EXPECT_NE(why.html.find("</html>"), std::string::npos);
  const Explanation heads =
      load(folder()).explain("a man", {.neurons = {"decoder.block.0.cross.attention:heads=1"}});
  EXPECT_NE(heads.json.find("\"neurons\":[{\"head\":1,"), std::string::npos);
  EXPECT_THROW(load(folder()).explain("a", {.methods = {"none"}}), UsageError);
  EXPECT_THROW(load(folder()).explain("a", {.methods = {"occlusion"}, .steps = 0}), UsageError);
}

TEST_F(Library, AModelMoves) {
  Model a = load(folder());
  const std::string expected = a.translate("two children").text;
  Model b = std::move(a);
  EXPECT_EQ(b.translate("two children").text, expected);
  a = std::move(b);
  EXPECT_EQ(a.translate("two children").text, expected);
}

}  // namespace
}  // namespace regard::testing_support
