#include "support/signing_tools.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "support/api_server.h"
#include "support/paths.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;

// Bounds each program; the slowest takes about a second on an idle machine.
constexpr auto kPatience = seconds(60);

std::string Succeed(const std::string& program, const std::vector<std::string>& arguments, const ProcessOptions& options) {
  auto result = Run(program, arguments, options, kPatience);
  if (result.exit != 0) throw std::runtime_error(fmt::format("{} {}:\n{}{}", program, fmt::join(arguments, " "), result.out, result.err));
  return std::move(result.out);
}

std::vector<std::string> KeyArguments(const std::string& algorithm) {
  if (algorithm == "ed25519") return {"-algorithm", "ed25519"};
  const auto dash = algorithm.find('-');
  if (algorithm.starts_with("rsa-")) return {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + algorithm.substr(dash + 1)};
  return {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-" + algorithm.substr(algorithm.find("-p") + 2)};
}

void PutFile(const std::string& from, const std::filesystem::path& to) {
  std::filesystem::create_directories(to.parent_path());
  std::filesystem::copy_file(from, to);
}

}  // namespace

ProcessOptions SigningTools::Options(const std::string& notation_folder) const {
  const std::string home = folder();
  return {.environment = {{"HOME", home},
                          {"DOCKER_CONFIG", home},
                          {"XDG_CONFIG_HOME", notation_folder.empty() ? home : notation_folder},
                          {"XDG_CACHE_HOME", home},
                          {"COSIGN_PASSWORD", ""},
                          {"NO_PROXY", "127.0.0.1"}},
          .working_directory = home,
          .input = ""};
}

void SigningTools::Crane(const std::vector<std::string>& arguments) const {
  Succeed(TestTool("crane"), arguments, Options());
}

std::string SigningTools::PushImage(const std::string& reference, const ImageContent& content) const {
  Write("content", content.text);
  Succeed("tar", {"-cf", "layer.tar", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644", "content"}, Options());
  Crane({"append", "--oci-empty-base", "-f", "layer.tar", "-t", reference});
  Crane({"mutate", "--set-platform", content.platform, reference, "-t", reference});
  const std::string digest = Succeed(TestTool("crane"), {"digest", reference}, Options());
  return digest.substr(0, digest.find('\n'));
}

std::string SigningTools::PushIndex(const std::string& reference, const std::vector<std::string>& images) const {
  std::vector<std::string> arguments = {"index", "append", "-t", reference};
  for (const auto& image : images) arguments.insert(arguments.end(), {"-m", image});
  Crane(arguments);
  const std::string digest = Succeed(TestTool("crane"), {"digest", reference}, Options());
  return digest.substr(0, digest.find('\n'));
}

void SigningTools::Copy(const std::string& from, const std::string& to) const {
  Crane({"copy", from, to});
}

std::string SigningTools::MakeKey(const std::string& name, const std::string& algorithm) const {
  const std::string file = folder() + "/" + name + ".pem";
  std::vector<std::string> arguments = {"genpkey", "-quiet", "-out", file};
  for (auto& argument : KeyArguments(algorithm)) arguments.push_back(std::move(argument));
  Succeed("openssl", arguments, Options());
  return file;
}

KeyPair SigningTools::MakeCosignKey(const std::string& name, const std::string& algorithm) const {
  const std::string prefix = folder() + "/" + name;
  Succeed(TestTool("cosign"), {"import-key-pair", "--yes", "--key", MakeKey(name, algorithm), "--output-key-prefix", prefix}, Options());
  return {prefix + ".key", prefix + ".pub"};
}

ProcessResult SigningTools::Cosign(const std::vector<std::string>& arguments) const {
  return Run(TestTool("cosign"), arguments, Options(), kPatience);
}

std::string SigningTools::AddNotationSigner(const std::string& name, const NotationSigner& signer) {
  Succeed(SourcePath("tests/support/mint-chain"), {folder(), name, "code", signer.from, signer.to, signer.algorithm}, Options());
  notation_signers_.push_back(name);
  WriteNotationKeys();
  return folder() + "/" + name + "-root.pem";
}

void SigningTools::WriteNotationKeys() const {
  json keys = json::array();
  for (const auto& name : notation_signers_) {
    const std::string prefix = folder() + "/" + name;
    keys.push_back({{"name", name}, {"keyPath", prefix + ".key"}, {"certPath", prefix + ".pem"}});
  }
  std::filesystem::create_directories(folder_.path() / "notation");
  Write("notation/signingkeys.json", json{{"keys", keys}}.dump());
}

std::string SigningTools::WriteNotationTrust(const std::string& name, const NotationTrust& trust) const {
  const auto root = folder_.path() / name, store = root / "notation/truststore/x509";
  std::filesystem::create_directories(root / "notation");
  Write(name + "/notation/trustpolicy.json", trust.policy);
  for (const auto& [authority, file] : trust.authorities) PutFile(file, store / "ca" / authority / "ca.crt");
  for (const auto& [authority, file] : trust.timestamp_authorities) PutFile(file, store / "tsa" / authority / "ca.crt");
  return root.string();
}

ProcessResult SigningTools::Notation(const std::vector<std::string>& arguments, const std::string& trust) const {
  return Run(TestTool("notation"), arguments, Options(trust), kPatience);
}

}  // namespace hullwright::testing
