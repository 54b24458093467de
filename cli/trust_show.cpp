#include "cli/trust_show.h"

#include <fmt/format.h>

#include "base/rfc3339.h"
#include "cli/render_json.h"
#include "cli/text.h"
#include "cli/yaml_text.h"

namespace hullwright::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kIndent = 2;
constexpr std::size_t kTextIndent = 14;

bool HasEnded(const RootPart& part, Time now) {
  return part.until && *part.until < now;
}

class Text {
 public:
  Text(const TrustReport& report, const Terminal& terminal) : report_(report), terminal_(terminal), paint_(terminal) {}

  std::string Render() {
    for (const PublisherReport& publisher : report_.publishers) Add(publisher);
    for (const RootReport& root : report_.roots) Add(root);
    for (const InputProblem& problem : report_.problems) Line(paint_.Red("broken"), problem.ToString());
    out_ += fmt::format("{}, {}\n", Count(report_.publishers.size(), "publisher", "publishers"),
                        Count(report_.roots.size(), "trust root", "trust roots"));
    return std::move(out_);
  }

 private:
  void Heading(const std::string& kind, const std::string& name, const std::string& note) {
    out_ += Paragraph(fmt::format("{} {}  ", kind, paint_.Bold(name)), kIndent, paint_.Dim(note), terminal_.width);
  }
  void Line(std::string_view word, const std::string& text) {
    out_ += Paragraph(std::string(kIndent, ' ') + PadRight(word, kTextIndent - kIndent), kTextIndent, text, terminal_.width);
  }
  void Broken(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) Line(paint_.Red("broken"), text);
    out_ += "\n";
  }

  void Add(const PublisherReport& publisher) {
    Heading("TrustedPublisher", publisher.name, publisher.display_name);
    Line("images", fmt::format("{}", fmt::join(publisher.repositories, ", ")));
    if (!publisher.aliases.empty()) Line("aliases", fmt::format("{}", fmt::join(publisher.aliases, ", ")));
    if (!publisher.signature_repository.empty()) Line("signatures", "in " + publisher.signature_repository);
    if (publisher.by_name) Line(paint_.Yellow("by name"), "no signature is looked at: whoever can push there is trusted");
    for (const PublisherReport::Authority& authority : publisher.authorities) {
      Line(authority.text.name, authority.text.wanted);
      const std::string root = authority.root.empty() ? "" : fmt::format("; TrustRoot {}", authority.root);
      Line("", paint_.Dim(authority.text.proofs + root));
    }
    Broken(publisher.broken);
  }

  void Add(const RootReport& root) {
    Heading("TrustRoot", root.name, root.type);
    for (const RootPart& part : root.parts) {
      const std::string until = part.until ? " until " + FormatRfc3339(*part.until) : "";
      const std::string ended = HasEnded(part, report_.now) ? ", " + paint_.Yellow("ended") : "";
      Line("", fmt::format("{} {}  from {}{}{}", part.kind, paint_.Bold(part.name), FormatRfc3339(part.from), until, ended));
      Line("", paint_.Dim(part.fingerprint));
    }
    Broken(root.broken);
  }

  const TrustReport& report_;
  const Terminal& terminal_;
  const Paint paint_;
  std::string out_;
};

Json ToJson(const PublisherReport& publisher) {
  Json json = {{"name", publisher.name},
               {"displayName", publisher.display_name},
               {"verification", publisher.by_name ? "NameOnly" : "Signature"},
               {"repositories", publisher.repositories},
               {"aliases", publisher.aliases},
               {"signatureRepository", publisher.signature_repository}};
  json["authorities"] = Json::array();
  for (const PublisherReport::Authority& authority : publisher.authorities) {
    json["authorities"].push_back({{"name", authority.text.name},
                                   {"type", authority.text.type},
                                   {"wanted", authority.text.wanted},
                                   {"proofs", authority.text.proofs},
                                   {"trustRoot", authority.root}});
  }
  json["broken"] = publisher.broken;
  return json;
}

Json ToJson(const RootReport& root, Time now) {
  Json json = {{"name", root.name}, {"type", root.type}};
  json["parts"] = Json::array();
  for (const RootPart& part : root.parts) {
    Json shown = {{"kind", part.kind}, {"name", part.name}, {"fingerprint", part.fingerprint}, {"from", FormatRfc3339(part.from)}};
    if (part.until) shown["until"] = FormatRfc3339(*part.until);
    shown["ended"] = HasEnded(part, now);
    json["parts"].push_back(std::move(shown));
  }
  json["broken"] = root.broken;
  return json;
}

Json ToJson(const TrustReport& report) {
  Json json = {{"schema", "hullctl/trust/v1"}, {"version", HULLWRIGHT_VERSION}, {"exitCode", static_cast<int>(report.Verdict())}};
  json["publishers"] = Json::array();
  for (const PublisherReport& publisher : report.publishers) json["publishers"].push_back(ToJson(publisher));
  json["roots"] = Json::array();
  for (const RootReport& root : report.roots) json["roots"].push_back(ToJson(root, report.now));
  json["problems"] = Json::array();
  for (const InputProblem& problem : report.problems)
    json["problems"].push_back({{"origin", problem.origin}, {"object", problem.object}, {"error", problem.error}});
  return json;
}

}  // namespace

CommandOutput TrustShow(const TrustShowOptions& options, const Environment& environment) {
  const auto report = ReadTrustReport(options.folders, environment.clock.Now());
  if (!report) return Failed(report.error());
  if (options.output == "json") return {report->Verdict(), JsonText(ToJson(*report)), ""};
  if (options.output == "yaml") return {report->Verdict(), ToYaml(ToJson(*report)), ""};
  return {report->Verdict(), Text(*report, environment.out).Render(), ""};
}

}  // namespace hullwright::cli
