// Writes the seeds of the fuzz targets about signatures, and the trust they were minted under: mint-fuzz-seeds tests/fuzz
// Run it when a format changes; the keys are made anew each time, so seeds and trust belong together.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/base64.h"
#include "base/rfc3339.h"
#include "support/minted_notation.h"
#include "support/minted_signature.h"
#include "verify/checkpoint.h"

namespace {

using namespace hullwright;
using namespace hullwright::testing;
using nlohmann::json;
namespace fs = std::filesystem;

class Folder {
 public:
  explicit Folder(fs::path path) : path_(std::move(path)) {}

  void Write(const fs::path& name, std::string_view bytes) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream file(path_ / name, std::ios::binary | std::ios::trunc);
    file << bytes;
    if (!file.flush()) throw std::runtime_error("cannot write " + (path_ / name).string());
  }

 private:
  fs::path path_;
};

json WindowJson(const verify::ValidityWindow& window) {
  json made = {{"start", FormatRfc3339(window.start)}};
  if (window.end) made["end"] = FormatRfc3339(*window.end);
  return made;
}

json LogJson(const verify::TransparencyLog& log) {
  return {{"baseUrl", log.base_url},
          {"hashAlgorithm", "SHA2_256"},
          {"publicKey",
           {{"rawBytes", EncodeBase64(log.key.spki())},
            {"keyDetails", verify::DefaultKeyDetails(log.key).value()},
            {"validFor", WindowJson(log.window)}}},
          {"logId", {{"keyId", EncodeBase64(log.id)}}}};
}

json AuthorityJson(const verify::CertificateAuthority& authority) {
  json chain = json::array();
  for (const auto& certificate : authority.path.certificates()) chain.push_back({{"rawBytes", EncodeBase64(certificate.der())}});
  return {{"subject", {{"organization", authority.organization}, {"commonName", authority.common_name}}},
          {"uri", authority.uri},
          {"certChain", {{"certificates", chain}}},
          {"validFor", WindowJson(authority.window)}};
}

std::string RootJson(const verify::TrustedRoot& root) {
  json made = {{"mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}};
  for (const auto& log : root.logs) made["tlogs"].push_back(LogJson(log));
  for (const auto& log : root.certificate_logs) made["ctlogs"].push_back(LogJson(log));
  for (const auto& authority : root.certificate_authorities) made["certificateAuthorities"].push_back(AuthorityJson(authority));
  for (const auto& authority : root.timestamp_authorities) made["timestampAuthorities"].push_back(AuthorityJson(authority));
  return made.dump(1);
}

void WriteTrust(const Folder& trust, const MintedSigstore& sigstore, const std::string& whose) {
  trust.Write(whose + "-root.json", RootJson(sigstore.Root()));
  trust.Write(whose + "-key.pem", sigstore.key.Pem());
}

void WriteBundles(const Folder& trust, const Folder& seeds, const MintedSigstore& sigstore) {
  trust.Write("statement.json", sigstore.Statement({}));
  trust.Write("artifact-digest", sigstore.ArtifactDigest().text());
  const SignatureShape defaults;
  const auto write = [&](const std::string& name, const SignatureShape& shape) {
    seeds.Write("bundle_fuzz/" + name + ".json", sigstore.Bundle(shape).dump());
  };
  SignatureShape shape;
  write("keyless-rekor1", shape);
  shape.entry_kind = "intoto";
  write("keyless-intoto", shape);
  shape = defaults;
  shape.log = LogForm::kRekor2;
  write("keyless-rekor2", shape);
  shape = defaults;
  shape.media_type = "application/vnd.dev.sigstore.bundle+json;version=0.1";
  write("chain-0.1", shape);
  shape = defaults;
  shape.by_key = true;
  write("key-rekor1", shape);
  shape.log = LogForm::kRekor2;
  write("key-rekor2", shape);
  shape.statement = false;
  write("key-artifact", shape);
}

void WriteCheckpoints(const Folder& trust, const Folder& seeds, const MintedSigstore& sigstore) {
  for (const auto& [name, log] : {std::pair<std::string, const MintedRekor&>{"rekor1", sigstore.rekor1}, {"rekor2", sigstore.rekor2}}) {
    const std::string text = fmt::format("{}\n7\n{}\n", log.Origin(), EncodeBase64(verify::Sha256(name)));
    trust.Write("checkpoint-" + name, text);
    seeds.Write("checkpoint_fuzz/" + name, log.SignNote(text, log.name()));
  }
}

void WriteTimestampLists(const Folder& trust, const Folder& seeds, const MintedSigstore& sigstore) {
  const std::string leaf = sigstore.fulcio.Mint(sigstore.fulcio.LeafShape(), MintedKey(MintedKey::kP256));
  const verify::PublicKey& issuer = sigstore.fulcio.intermediate().public_key();
  trust.Write("leaf.der", leaf);
  trust.Write("issuer-key-hash", issuer.id());
  const auto extension = [](const std::vector<std::string>& scts) {
    const std::string text = EmbeddedScts(scts).second;  // "DER:<hex>"
    return verify::FromHex(text.substr(text.find(':') + 1)).value();
  };
  const std::string ours = sigstore.certificate_log.Promise(leaf, issuer, kMintedTime);
  const std::string other = MintedCertificateLog(MintedKey::kRsa2048).Promise(leaf, issuer, kMintedTime, "static");
  seeds.Write("sct_list_fuzz/one", extension({ours}));
  seeds.Write("sct_list_fuzz/two", extension({other, ours}));
}

void WriteTokens(const Folder& trust, const Folder& seeds, const MintedSigstore& sigstore) {
  const std::string message = "the stamped message";
  trust.Write("stamped-message", message);
  seeds.Write("time_stamp_token_fuzz/response", sigstore.authority.Response(message, kMintedTime));
  seeds.Write("time_stamp_token_fuzz/token", sigstore.authority.Token(message, kMintedTime));
  MintedTimeStampAuthority::Options options;
  options.embed_certificates = true;
  seeds.Write("time_stamp_token_fuzz/with-certificates", MintedTimeStampAuthority(options).Token(message, kMintedTime));
}

void WriteEnvelopes(const Folder& trust, const Folder& seeds) {
  const MintedChain chain(MintedKey::kP256);
  trust.Write("our-notation-root.der", chain.root);
  trust.Write("stranger-notation-root.der", MintedChain(MintedKey::kP256).root);
  trust.Write("notation-digest", kNotationDigest);
  trust.Write("notation-payload.json", NotationPayloadJson().dump());
  for (const bool authority : {false, true}) {
    const std::string name = authority ? "signing-authority" : "own-time";
    seeds.Write("notation_jws_fuzz/" + name, JwsParts(chain.leaf_key, chain.chain(), authority).Sign(chain.leaf_key));
    seeds.Write("notation_cose_fuzz/" + name, CoseParts(chain.leaf_key, chain.chain(), authority).Sign(chain.leaf_key).Encode());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: mint-fuzz-seeds FOLDER   (tests/fuzz)\n");
    return 2;
  }
  const Folder trust(fs::path(argv[1]) / "trust");
  const Folder seeds(fs::path(argv[1]) / "seeds");
  const MintedSigstore sigstore;
  WriteTrust(trust, sigstore, "our");
  WriteTrust(trust, MintedSigstore(), "stranger");
  trust.Write("time", FormatRfc3339(kMintedTime));
  seeds.Write("trusted_root_fuzz/minted.json", RootJson(sigstore.Root()));
  WriteBundles(trust, seeds, sigstore);
  WriteCheckpoints(trust, seeds, sigstore);
  WriteTimestampLists(trust, seeds, sigstore);
  WriteTokens(trust, seeds, sigstore);
  WriteEnvelopes(trust, seeds);
  return 0;
}
