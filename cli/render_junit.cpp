#include <fmt/format.h>

#include "cli/render.h"
#include "cli/text.h"

namespace hullwright::cli {
namespace {

// Line breaks are kept as such; control characters, which XML cannot hold even escaped, are replaced.
std::string Escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (const std::string_view entity = c == '\n' ? "&#10;" : MarkupEntity(c); !entity.empty())
      out += entity;
    else
      out += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f ? '?' : c;
  }
  return out;
}

// The cases of one suite with their counts.
struct Suite {
  std::string cases;
  std::size_t tests = 0, failures = 0, errors = 0;

  std::string Render(std::string_view name) const {
    return fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\">\n{}  </testsuite>\n",
                       Escape(name), tests, failures, errors, cases);
  }
};

std::string Line(const policy::Reason& reason) {
  const std::string by = reason.policy.empty() ? "" : fmt::format(" [{}{}{}]", reason.policy, reason.rule.empty() ? "" : " ", reason.rule);
  return fmt::format("{}: {}{} {}\n", policy::ToString(reason.word), reason.message, by, reason.remedy);
}

class Junit {
 public:
  explicit Junit(const Review& review) : review_(review), acts_(review.strict ? api::Enforcement::kWarn : api::Enforcement::kDeny) {}

  std::string Render() {
    for (const ReviewedObject& object : review_.objects) AddObject(object);
    AddInputs();
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"hullctl check\" tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}"
        "</testsuites>\n",
        tests_, failures_, errors_, suites_);
  }

 private:
  void Close(const Suite& suite, std::string_view name) {
    tests_ += suite.tests;
    failures_ += suite.failures;
    errors_ += suite.errors;
    suites_ += suite.Render(name);
  }

  void AddObject(const ReviewedObject& object) {
    Suite suite;
    if (!object.error.empty()) AddError("images", object.error, object, suite);
    for (const policy::ImageDecision& image : object.decision.images) AddImage(object, image, suite);
    if (suite.tests == 0) AddCase(object.description, "images", "", suite);
    Close(suite, object.place.file.empty() ? object.description : object.description + " (" + object.place.ToString() + ")");
  }

  static void AddCase(std::string_view class_name, std::string_view name, std::string_view content, Suite& suite) {
    ++suite.tests;
    suite.cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", Escape(class_name), Escape(name));
    suite.cases += content.empty() ? "/>\n" : fmt::format(">\n{}    </testcase>\n", content);
  }

  static void AddError(std::string_view name, std::string_view error, const ReviewedObject& object, Suite& suite) {
    ++suite.errors;
    AddCase(object.description, name, fmt::format("      <error type=\"could-not-tell\" message=\"{}\"/>\n", Escape(error)), suite);
  }

  void AddImage(const ReviewedObject& object, const policy::ImageDecision& image, Suite& suite) const {
    std::string acting, told;
    for (const policy::Reason& reason : image.reasons) (reason.enforcement >= acts_ ? acting : told) += Line(reason);
    for (const policy::Waived& waived : image.waived) told += fmt::format("waived: {} by {}\n", waived.what, waived.Who());
    for (const policy::Notice& notice : image.notices) told += fmt::format("{}: {} [{}]\n", notice.word, notice.message, notice.policy);
    std::string content;
    if (!acting.empty()) {
      const policy::Reason& first = image.reasons.front();  // the engine puts what acts hardest first
      const bool violation = image.outcome == policy::Outcome::kViolation;
      ++(violation ? suite.failures : suite.errors);
      const std::string_view element = violation ? "failure" : "error";
      content += fmt::format("      <{} type=\"{}\" message=\"{}\">{}</{}>\n", element, policy::ToString(first.word), Escape(first.message),
                             Escape(acting), element);
    }
    if (!told.empty()) content += fmt::format("      <system-out>{}</system-out>\n", Escape(told));
    AddCase(object.description, image.field_path + " " + image.reference, content, suite);
  }

  void AddInputs() {
    Suite suite;
    const auto add = [&](const std::string& name, const std::string& error) {
      ++suite.errors;
      AddCase("inputs", name, fmt::format("      <error type=\"unreadable\" message=\"{}\"/>\n", Escape(error)), suite);
    };
    for (const ManifestError& error : review_.errors) add(error.place.ToString(), error.error);
    for (const InputProblem& problem : review_.problems) {
      if (!problem.of_scans) add(problem.origin, problem.Fault());
    }
    if (suite.tests > 0) Close(suite, "inputs");
  }

  const Review& review_;
  const api::Enforcement acts_;
  std::string suites_;
  std::size_t tests_ = 0, failures_ = 0, errors_ = 0;
};

}  // namespace

std::string RenderJunit(const Review& review) {
  return Junit(review).Render();
}

}  // namespace hullwright::cli
