#include "regard/text/unicode_forms.h"

#include "regard/text/normalizers/types.h"

namespace regard::normalizers {
namespace {

template <UnicodeForm form>
class Form final : public Normalizer {
 public:
  void normalize(AlignedText& text) const override { normalize_unicode(text, form); }
};

}  // namespace

std::unique_ptr<Normalizer> parse_nfc(const JsonField&) { return std::make_unique<Form<UnicodeForm::nfc>>(); }
std::unique_ptr<Normalizer> parse_nfd(const JsonField&) { return std::make_unique<Form<UnicodeForm::nfd>>(); }
std::unique_ptr<Normalizer> parse_nfkc(const JsonField&) {
  return std::make_unique<Form<UnicodeForm::nfkc>>();
}
std::unique_ptr<Normalizer> parse_nfkd(const JsonField&) {
  return std::make_unique<Form<UnicodeForm::nfkd>>();
}

}  // namespace regard::normalizers
