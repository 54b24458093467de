#include "verify/cbor.h"

#include <cbor.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <limits>

namespace hullwright::verify {
namespace {

// One head as libcbor tells it: the kind, its argument, and the bytes of a string. ok is false for what we do not read.
struct Head {
  CborValue::Kind kind = CborValue::Kind::kInteger;
  std::uint64_t argument = 0;
  bool negative = false;
  bool ok = false;
  std::string_view bytes;
};

void Set(void* head, CborValue::Kind kind, std::uint64_t argument, bool negative = false) {
  *static_cast<Head*>(head) = Head{kind, argument, negative, true, {}};
}

template <class Int>
void OnUnsigned(void* head, Int value) {
  Set(head, CborValue::Kind::kInteger, value);
}

template <class Int>
void OnNegative(void* head, Int value) {
  Set(head, CborValue::Kind::kInteger, value, true);
}

template <CborValue::Kind kKind>
void OnString(void* head, cbor_data data, std::size_t size) {
  Set(head, kKind, size);
  static_cast<Head*>(head)->bytes = {reinterpret_cast<const char*>(data), size};
}

template <CborValue::Kind kKind>
void OnCount(void* head, std::size_t count) {
  Set(head, kKind, count);
}

void OnTag(void* head, std::uint64_t number) {
  Set(head, CborValue::Kind::kTag, number);
}

// What is not named here (indefinite lengths, breaks, floats, simple values) does nothing, so the head stays not ok.
cbor_callbacks Callbacks() {
  cbor_callbacks callbacks = cbor_empty_callbacks;
  callbacks.uint8 = OnUnsigned<std::uint8_t>;
  callbacks.uint16 = OnUnsigned<std::uint16_t>;
  callbacks.uint32 = OnUnsigned<std::uint32_t>;
  callbacks.uint64 = OnUnsigned<std::uint64_t>;
  callbacks.negint8 = OnNegative<std::uint8_t>;
  callbacks.negint16 = OnNegative<std::uint16_t>;
  callbacks.negint32 = OnNegative<std::uint32_t>;
  callbacks.negint64 = OnNegative<std::uint64_t>;
  callbacks.byte_string = OnString<CborValue::Kind::kBytes>;
  callbacks.string = OnString<CborValue::Kind::kText>;
  callbacks.array_start = OnCount<CborValue::Kind::kArray>;
  callbacks.map_start = OnCount<CborValue::Kind::kMap>;
  callbacks.tag = OnTag;
  return callbacks;
}

std::size_t ShortestHead(std::uint64_t argument) {
  if (argument < 24) return 1;
  if (argument <= std::numeric_limits<std::uint8_t>::max()) return 2;
  if (argument <= std::numeric_limits<std::uint16_t>::max()) return 3;
  return argument <= std::numeric_limits<std::uint32_t>::max() ? 5 : 9;
}

bool HasTwin(const CborValue& map) {
  std::vector<std::string_view> keys;
  for (std::size_t i = 0; i < map.items.size(); i += 2) keys.push_back(map.items[i].encoded);
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

// libcbor 0.8 refuses the short heads of tags 6 to 20, COSE_Sign1's 18 among them: those of one byte are read here.
std::optional<Head> ShortTag(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>(bytes.front());
  if (first < 0xc0 || first > 0xd7) return std::nullopt;
  return Head{CborValue::Kind::kTag, first - 0xc0u, false, true, {}};
}

class Reader {
 public:
  Reader(std::string_view bytes, const CborLimits& limits) : bytes_(bytes), limits_(limits), callbacks_(Callbacks()) {}

  Checked<CborValue> ReadAll() {
    auto value = Read(0);
    if (value && at_ != bytes_.size()) return Reject(Step::kParse, fmt::format("CBOR: {} bytes after the value", bytes_.size() - at_));
    return value;
  }

 private:
  Checked<Head> ReadHead() {
    if (++values_ > limits_.max_values) return Reject(Step::kLimit, fmt::format("CBOR: more than {} values", limits_.max_values));
    const std::string_view rest = bytes_.substr(at_);
    if (const auto tag = ShortTag(rest)) {
      ++at_;
      return *tag;
    }
    Head head;
    const auto result = cbor_stream_decode(reinterpret_cast<cbor_data>(rest.data()), rest.size(), &callbacks_, &head);
    if (result.status == CBOR_DECODER_NEDATA) return Reject(Step::kParse, fmt::format("CBOR: the value at byte {} is cut off", at_));
    if (result.status != CBOR_DECODER_FINISHED || !head.ok)
      return Reject(Step::kParse, fmt::format("CBOR: byte {} begins no integer, string, array, map or tag of definite length", at_));
    if (result.read - head.bytes.size() != ShortestHead(head.argument))
      return Reject(Step::kParse, fmt::format("CBOR: the head at byte {} is longer than needed", at_));
    at_ += result.read;
    return head;
  }

  Checked<CborValue> Read(std::size_t depth) {
    const std::size_t begin = at_;
    const auto head = ReadHead();
    if (!head) return std::unexpected(head.error());
    CborValue value;
    value.kind = head->kind;
    value.bytes = head->bytes;
    if (auto sound = Fill(value, *head, depth); !sound) return std::unexpected(sound.error());
    value.encoded = bytes_.substr(begin, at_ - begin);
    return value;
  }

  Checked<void> Fill(CborValue& value, const Head& head, std::size_t depth) {
    switch (head.kind) {
      case CborValue::Kind::kInteger:
        return SetInteger(value, head);
      case CborValue::Kind::kBytes:
        return {};
      case CborValue::Kind::kText:
        if (!simdjson::validate_utf8(value.bytes.data(), value.bytes.size())) return Reject(Step::kParse, "CBOR: text that is not UTF-8");
        return {};
      case CborValue::Kind::kArray:
        return ReadItems(value, head.argument, depth);
      case CborValue::Kind::kMap:
        return ReadMap(value, head.argument, depth);
      case CborValue::Kind::kTag:
        if (auto sound = SetInteger(value, head); !sound) return sound;
        return ReadItems(value, 1, depth);
    }
    return Reject(Step::kParse, "CBOR: unknown kind of value");
  }

  static Checked<void> SetInteger(CborValue& value, const Head& head) {
    if (head.argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return Reject(Step::kParse, "CBOR: an integer beyond 63 bits");
    value.integer = head.negative ? -1 - static_cast<std::int64_t>(head.argument) : static_cast<std::int64_t>(head.argument);
    return {};
  }

  Checked<void> ReadMap(CborValue& value, std::uint64_t pairs, std::size_t depth) {
    if (pairs > limits_.max_values) return Reject(Step::kLimit, fmt::format("CBOR: a map of {} pairs", pairs));
    if (auto sound = ReadItems(value, pairs * 2, depth); !sound) return sound;
    if (HasTwin(value)) return Reject(Step::kParse, "CBOR: a map has the same key twice");
    return {};
  }

  Checked<void> ReadItems(CborValue& value, std::uint64_t count, std::size_t depth) {
    if (depth >= limits_.max_depth) return Reject(Step::kLimit, fmt::format("CBOR: nested deeper than {}", limits_.max_depth));
    // The vector grows with what was really there; a declared count costs nothing.
    for (std::uint64_t i = 0; i < count; ++i) {
      auto item = Read(depth + 1);
      if (!item) return std::unexpected(item.error());
      value.items.push_back(*std::move(item));
    }
    return {};
  }

  const std::string_view bytes_;
  const CborLimits& limits_;
  const cbor_callbacks callbacks_;
  std::size_t at_ = 0;
  std::size_t values_ = 0;
};

template <class Matches>
const CborValue* FindKey(const CborValue& map, Matches matches) {
  if (map.kind != CborValue::Kind::kMap) return nullptr;
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2)
    if (matches(map.items[i])) return &map.items[i + 1];
  return nullptr;
}

void AppendHead(std::string& out, std::size_t (*encode)(std::size_t, unsigned char*, std::size_t), std::size_t argument) {
  unsigned char head[9];
  out.append(reinterpret_cast<const char*>(head), encode(argument, head, sizeof head));
}

void AppendBytes(std::string& out, std::string_view bytes) {
  AppendHead(out, cbor_encode_bytestring_start, bytes.size());
  out += bytes;
}

}  // namespace

const CborValue* CborValue::Find(std::int64_t key) const {
  return FindKey(*this, [&](const CborValue& at) { return at.kind == Kind::kInteger && at.integer == key; });
}

const CborValue* CborValue::Find(std::string_view key) const {
  return FindKey(*this, [&](const CborValue& at) { return at.kind == Kind::kText && at.bytes == key; });
}

Checked<CborValue> ReadCbor(std::string_view bytes, const CborLimits& limits) {
  if (bytes.size() > limits.max_bytes)
    return Reject(Step::kLimit, fmt::format("CBOR of {} bytes: at most {} are read", bytes.size(), limits.max_bytes));
  return Reader(bytes, limits).ReadAll();
}

std::string CoseSigStructure(std::string_view protected_bytes, std::string_view payload) {
  constexpr std::string_view kContext = "Signature1";
  std::string out;
  AppendHead(out, cbor_encode_array_start, 4);
  AppendHead(out, cbor_encode_string_start, kContext.size());
  out += kContext;
  AppendBytes(out, protected_bytes);
  AppendBytes(out, "");
  AppendBytes(out, payload);
  return out;
}

}  // namespace hullwright::verify
