#include "regard/text/placeholders.h"

#include <gtest/gtest.h>

#include <string>

#include "regard/base/error.h"

namespace regard {
namespace {

using Parts = std::vector<std::string>;
Parts parts(std::string_view text, const std::vector<TextSpan>& spans) {
  Parts all;
  for (const TextSpan& s : spans) all.emplace_back(part(text, s));
  return all;
}
Parts usual(std::string_view text) { return parts(text, usual_placeholders(text)); }

TEST(Placeholders, AreFieldsOfMessages) {
  EXPECT_EQ(usual("Hi {name}, {0} of {{ total }} in ${HOME}; {}"),
            (Parts{"{name}", "{0}", "{{ total }}", "${HOME}", "{}"}));
  EXPECT_EQ(usual("%s has %-5.2f and %1$d, %(count)d."), (Parts{"%s", "%-5.2f", "%1$d", "%(count)d"}));
  EXPECT_EQ(usual("5 % of 100% do, 50%. {not a field} 7%discount"), Parts{});
}

TEST(Placeholders, AreTagsAndEntities) {
  EXPECT_EQ(usual("a <b>bold</b><br/> <a href=\"x y\">link</a>&nbsp;&#160;"),
            (Parts{"<b>", "</b>", "<br/>", "<a href=\"x y\">", "</a>", "&nbsp;", "&#160;"}));
  EXPECT_EQ(usual("1 < 2 and x <y but z> w, AT&T; R&D"), (Parts{"&T;"}));
}

TEST(Placeholders, AreAddresses) {
  EXPECT_EQ(usual("See https://example.org/a_(b)?c=d, (www.example.org). Mail: jo.do+x@mail.example.org."),
            (Parts{"https://example.org/a_(b)?c=d", "www.example.org", "jo.do+x@mail.example.org"}));
  EXPECT_EQ(usual("访问http://a.cn/好"), (Parts{"http://a.cn/"}));
  EXPECT_EQ(usual("@home a@b http:// www. x@y.c"), Parts{});
}

TEST(Placeholders, FollowTheUsersPatterns) {
  const PlaceholderRules rules(true, {R"(\b[A-Z]{2}-\d+\b)", "name"});
  const std::string text = "AB-12 for {name}, ÄB-3 name";
  EXPECT_EQ(parts(text, rules.find(text)), (Parts{"AB-12", "{name}", "name"}));
  EXPECT_TRUE(PlaceholderRules().empty());
  const PlaceholderRules empty_matches(false, {"x*"});
  EXPECT_EQ(parts("axxb", empty_matches.find("axxb")), (Parts{"xx"}));
}

TEST(Placeholders, BadPatternsAreRefusedAndSlowOnesEnd) {
  EXPECT_THROW(PlaceholderRules(false, {"(a"}), UsageError);
  const PlaceholderRules slow(false, {"(a+)+$"});
  EXPECT_THROW(slow.find(std::string(5000, 'a') + "b"), InputError);
}

TEST(Placeholders, AreFoundInTimeLinearInTheText) {
  for (const char* bit : {"{", "<a", "%(", "@a.", "${", "&a", "http://", "<a ="}) {
    std::string text;
    while (text.size() < 200000) text += bit;
    usual_placeholders(text);  // the test is that it ends
  }
}

}  // namespace
}  // namespace regard
