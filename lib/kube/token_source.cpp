#include "kube/token_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "base/log.h"

namespace hullwright::kube {
namespace {

constexpr auto kReadEvery = std::chrono::seconds(60);
constexpr std::size_t kMostBytes = 64u << 10;

// RFC 6750, b64token: nothing that could end a header line.
bool IsTokenCharacter(char c) {
  return c > ' ' && c < 0x7f;
}

Result<std::string> ReadToken(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Fail(ErrorCode::kNotFound, fmt::format("token file {}: cannot be opened", file));
  std::array<char, kMostBytes + 1> buffer{};
  stream.read(buffer.data(), buffer.size());
  std::string token(buffer.data(), static_cast<std::size_t>(stream.gcount()));
  if (token.size() > kMostBytes) return Fail(ErrorCode::kTooLarge, fmt::format("token file {}: has more than {} bytes", file, kMostBytes));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if (token.empty()) return Fail(ErrorCode::kInvalidInput, fmt::format("token file {}: is empty", file));
  if (!std::ranges::all_of(token, IsTokenCharacter)) {
    return Fail(ErrorCode::kInvalidInput, fmt::format("token file {}: holds more than one token on one line", file));
  }
  return token;
}

}  // namespace

TokenSource::TokenSource(std::string fixed_token) : state_(State{std::move(fixed_token), {}}) {}

TokenSource::TokenSource(TokenSource&& other) noexcept
    : file_(std::move(other.file_)), state_(other.state_.With([](State& state) { return std::move(state); })) {}

Result<TokenSource> TokenSource::FromFile(std::string file, Deadline now) {
  auto token = ReadToken(file);
  if (!token) return std::unexpected(token.error());
  TokenSource source(std::move(*token));
  source.file_ = std::move(file);
  source.state_.With([&](State& state) { state.read_at = now; });
  return source;
}

// A projected file is a few hundred bytes on a tmpfs: reading it under the lock spares a second reader the same work.
void TokenSource::Read(State& state, Deadline now) const {
  state.read_at = now;
  auto token = ReadToken(file_);
  if (token) {
    state.token = std::move(*token);
  } else {
    log::Warn("service account token not readable, the last good one is kept", {{"error", token.error().message}});
  }
}

std::string TokenSource::Get(Deadline now) {
  return state_.With([&](State& state) {
    if (!file_.empty() && now - state.read_at >= kReadEvery) Read(state, now);
    return state.token;
  });
}

bool TokenSource::Renew(const std::string& refused, Deadline now) {
  return state_.With([&](State& state) {
    if (!file_.empty() && state.token == refused) Read(state, now);
    return state.token != refused;
  });
}

}  // namespace hullwright::kube
