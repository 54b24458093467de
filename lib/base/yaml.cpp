#include "base/yaml.h"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "base/yaml_scalar.h"

namespace hullwright {
namespace {

// JSON text grows at most threefold over YAML without aliases ("\0" becomes "\u0000"); what is above this came from aliases.
constexpr std::size_t kMaxGrowth = 4;

std::string_view Text(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

std::string_view Text(const yaml_char_t* text, std::size_t length) {
  return {reinterpret_cast<const char*>(text), length};
}

int Line(const yaml_mark_t& mark) {
  return static_cast<int>(mark.line) + 1;
}

std::unexpected<Error> FailAt(ErrorCode code, const yaml_mark_t& mark, std::string_view message) {
  return Fail(code, fmt::format("line {}, column {}: {}", Line(mark), mark.column + 1, message));
}

std::unexpected<Error> InvalidAt(const yaml_mark_t& mark, std::string_view message) {
  return FailAt(ErrorCode::kInvalidInput, mark, message);
}

// The events of a text, one at a time.
class EventStream {
 public:
  explicit EventStream(std::string_view text) {
    sound_ = yaml_parser_initialize(&parser_) == 1;
    if (!sound_) return;
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  ~EventStream() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }

  // The event lives until the next call.
  Result<const yaml_event_t*> Next() {
    yaml_event_delete(&event_);
    if (!sound_ || yaml_parser_parse(&parser_, &event_) != 1) return std::unexpected(TheError());
    return &event_;
  }

 private:
  Error TheError() const {
    if (!sound_ || parser_.error == YAML_MEMORY_ERROR) return {ErrorCode::kInternal, "out of memory while reading YAML"};
    const std::string_view problem = parser_.problem == nullptr ? "malformed YAML" : parser_.problem;
    if (parser_.error == YAML_READER_ERROR) {
      return {ErrorCode::kInvalidInput, fmt::format("byte {}: {}", parser_.problem_offset, problem)};
    }
    const std::string context = parser_.context == nullptr ? "" : fmt::format(" {}", parser_.context);
    return InvalidAt(parser_.problem_mark, fmt::format("{}{}", problem, context)).error();
  }

  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool sound_ = false;
};

// Writes the events of one document at a time as JSON text.
class JsonWriter {
 public:
  explicit JsonWriter(const YamlLimits& limits) : limits_(limits) {}

  void Begin() {
    json_.clear();
    anchors_.clear();
  }

  // Nothing for a document that is empty or null.
  std::optional<std::string> Finish() {
    written_ += json_.size();
    if (json_ == "null") return std::nullopt;
    return std::move(json_);
  }

  Result<void> Write(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        return WriteScalar(event);
      case YAML_ALIAS_EVENT:
        return WriteAlias(event);
      case YAML_MAPPING_START_EVENT:
        return Open(event, true, Text(event.data.mapping_start.tag), Text(event.data.mapping_start.anchor));
      case YAML_SEQUENCE_START_EVENT:
        return Open(event, false, Text(event.data.sequence_start.tag), Text(event.data.sequence_start.anchor));
      default:
        return Close();
    }
  }

 private:
  // What an anchor stands for: a piece of json_.
  struct Piece {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t nodes = 0;
    std::size_t height = 0;  // levels of arrays and objects inside
  };

  // An array or object that is not closed yet.
  struct Frame {
    bool mapping = false;
    bool at_key = false;  // of a mapping: a key comes next, not a value
    bool empty = true;
    std::set<std::string, std::less<>> keys;
    std::string anchor;
    Piece piece;  // end is not known yet; nodes is the count before it
  };

  bool AtKey() const { return !frames_.empty() && frames_.back().at_key; }

  Result<void> CountNodes(const yaml_mark_t& mark, std::size_t count) {
    nodes_ += count;
    if (nodes_ <= limits_.max_nodes) return {};
    return FailAt(ErrorCode::kTooLarge, mark, fmt::format("more than {} values, counted after aliases are expanded", limits_.max_nodes));
  }

  // The comma before, and the state after, one more value of the open array or object.
  void BeginValue() {
    if (frames_.empty()) return;
    Frame& frame = frames_.back();
    if (frame.mapping) {
      frame.at_key = true;
    } else if (!frame.empty) {
      json_ += ',';
    }
    frame.empty = false;
  }

  Result<void> WriteKey(const yaml_mark_t& mark, std::string_view key) {
    Frame& frame = frames_.back();
    if (!frame.keys.emplace(key).second) return InvalidAt(mark, fmt::format("the key \"{}\" is there twice", Printable(key, 64)));
    if (frame.keys.size() > 1) json_ += ',';
    json_ += yaml::QuoteJson(key);
    json_ += ':';
    frame.at_key = false;
    return {};
  }

  // A scalar is text when it is quoted or tagged so; otherwise its spelling decides.
  static Result<yaml::Scalar> Resolve(const yaml_event_t& event) {
    const std::string_view text = Text(event.data.scalar.value, event.data.scalar.length);
    const std::string_view tag = Text(event.data.scalar.tag);
    const bool plain = event.data.scalar.plain_implicit != 0;
    if ((tag.empty() && !plain) || tag == "!" || tag == YAML_STR_TAG) return yaml::Scalar{yaml::ScalarKind::kString, yaml::QuoteJson(text)};
    auto scalar = yaml::ResolvePlain(text);
    if (!scalar) return InvalidAt(event.start_mark, scalar.error().message);
    if (tag.empty() || tag == TagOf(scalar->kind)) return scalar;
    return InvalidAt(event.start_mark,
                     fmt::format("the tag {} is not supported here: leave it out, or quote the value if it is text", Printable(tag, 64)));
  }

  static std::string_view TagOf(yaml::ScalarKind kind) {
    switch (kind) {
      case yaml::ScalarKind::kNull:
        return YAML_NULL_TAG;
      case yaml::ScalarKind::kBoolean:
        return YAML_BOOL_TAG;
      case yaml::ScalarKind::kInteger:
        return YAML_INT_TAG;
      case yaml::ScalarKind::kFloat:
        return YAML_FLOAT_TAG;
      case yaml::ScalarKind::kString:
        return YAML_STR_TAG;
    }
    return YAML_STR_TAG;
  }

  Result<void> WriteScalar(const yaml_event_t& event) {
    if (auto counted = CountNodes(event.start_mark, 1); !counted) return counted;
    const std::string_view text = Text(event.data.scalar.value, event.data.scalar.length);
    const bool quoted = event.data.scalar.plain_implicit == 0;
    if (AtKey() && !quoted && text == "<<")
      return InvalidAt(event.start_mark, "merge keys (\"<<\") are not supported: write the members out");
    const auto scalar = Resolve(event);
    if (!scalar) return std::unexpected(scalar.error());
    const std::string_view anchor = Text(event.data.scalar.anchor);
    if (AtKey()) {
      if (scalar->kind != yaml::ScalarKind::kString) {
        return InvalidAt(event.start_mark, fmt::format("the key {} is no string: quote it", Printable(text, 64)));
      }
      if (!anchor.empty()) return InvalidAt(event.start_mark, "an anchor on a key is not supported: put it on the value");
      return WriteKey(event.start_mark, text);
    }
    BeginValue();
    const std::size_t begin = json_.size();
    json_ += scalar->json;
    Remember(anchor, Piece{begin, json_.size(), 1, 0});
    return CheckSize(event.start_mark);
  }

  Result<void> Open(const yaml_event_t& event, bool mapping, std::string_view tag, std::string_view anchor) {
    if (auto counted = CountNodes(event.start_mark, 1); !counted) return counted;
    if (AtKey()) return InvalidAt(event.start_mark, "a key must be a string, not an array or object");
    if (!tag.empty() && tag != "!" && tag != (mapping ? YAML_MAP_TAG : YAML_SEQ_TAG)) {
      return InvalidAt(event.start_mark, fmt::format("the tag {} is not supported here: leave it out", Printable(tag, 64)));
    }
    if (frames_.size() >= limits_.max_depth) return TooDeep(event.start_mark);
    BeginValue();
    // Until it is closed an alias to it would contain itself; it also hides an earlier anchor of the same name.
    if (!anchor.empty()) anchors_.erase(std::string(anchor));
    frames_.push_back(Frame{mapping, mapping, true, {}, std::string(anchor), Piece{json_.size(), 0, nodes_ - 1, 0}});
    json_ += mapping ? '{' : '[';
    return CheckSize(event.start_mark);
  }

  Result<void> Close() {
    const Frame frame = std::move(frames_.back());
    frames_.pop_back();
    json_ += frame.mapping ? '}' : ']';
    Piece piece = frame.piece;
    piece.end = json_.size();
    piece.nodes = nodes_ - frame.piece.nodes;
    piece.height = frame.piece.height + 1;
    GrowParent(piece.height);
    Remember(frame.anchor, piece);
    return {};
  }

  void GrowParent(std::size_t height) {
    if (!frames_.empty()) frames_.back().piece.height = std::max(frames_.back().piece.height, height);
  }

  void Remember(std::string_view anchor, const Piece& piece) {
    if (!anchor.empty()) anchors_[std::string(anchor)] = piece;
  }

  Result<void> WriteAlias(const yaml_event_t& event) {
    const std::string_view name = Text(event.data.alias.anchor);
    if (AtKey()) return InvalidAt(event.start_mark, "an alias as a key is not supported: write the key out");
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      return InvalidAt(event.start_mark,
                       fmt::format("the alias *{} has no finished anchor &{} before it", Printable(name, 64), Printable(name, 64)));
    }
    const Piece piece = found->second;
    if (auto counted = CountNodes(event.start_mark, piece.nodes); !counted) return counted;
    if (frames_.size() + piece.height > limits_.max_depth) return TooDeep(event.start_mark);
    if (auto room = CheckSize(event.start_mark, piece.end - piece.begin); !room) return room;
    BeginValue();
    // Room first: the piece is part of the text that grows.
    json_.reserve(json_.size() + (piece.end - piece.begin));
    json_.append(json_, piece.begin, piece.end - piece.begin);
    GrowParent(piece.height);
    return {};
  }

  std::unexpected<Error> TooDeep(const yaml_mark_t& mark) const {
    return FailAt(ErrorCode::kTooLarge, mark, fmt::format("nested deeper than {} levels", limits_.max_depth));
  }

  Result<void> CheckSize(const yaml_mark_t& mark, std::size_t more = 0) const {
    if (written_ + json_.size() + more <= kMaxGrowth * limits_.max_bytes) return {};
    return FailAt(ErrorCode::kTooLarge, mark,
                  fmt::format("larger than {} bytes after aliases are expanded", kMaxGrowth * limits_.max_bytes));
  }

  const YamlLimits& limits_;
  std::string json_;
  std::size_t written_ = 0;  // by the documents before
  std::size_t nodes_ = 0;
  std::vector<Frame> frames_;
  std::map<std::string, Piece, std::less<>> anchors_;
};

Result<std::vector<YamlDocument>> ReadDocuments(std::string_view text, const YamlLimits& limits) {
  EventStream events(text);
  JsonWriter writer(limits);
  std::vector<YamlDocument> documents;
  int line = 1;
  while (true) {
    const auto next = events.Next();
    if (!next) return std::unexpected(next.error());
    const yaml_event_t& event = **next;
    if (event.type == YAML_STREAM_END_EVENT) return documents;
    if (event.type == YAML_STREAM_START_EVENT) continue;
    if (event.type == YAML_DOCUMENT_START_EVENT) {
      line = Line(event.start_mark);
      writer.Begin();
    } else if (event.type == YAML_DOCUMENT_END_EVENT) {
      if (auto json = writer.Finish()) documents.push_back({std::move(*json), line});
      if (documents.size() > limits.max_documents) {
        return FailAt(ErrorCode::kTooLarge, event.start_mark, fmt::format("more than {} documents", limits.max_documents));
      }
    } else if (auto written = writer.Write(event); !written) {
      return std::unexpected(written.error());
    }
  }
}

// The whole text when it is one JSON document. Anything else, such as flow YAML that only looks like JSON, is left to the YAML reader.
std::optional<YamlDocument> ReadAsJson(std::string_view text, const YamlLimits& limits) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || (text[begin] != '{' && text[begin] != '[')) return std::nullopt;
  if (!JsonReader().Read(text, {limits.max_bytes, limits.max_depth})) return std::nullopt;
  return YamlDocument{std::string(text), 1 + static_cast<int>(std::ranges::count(text.substr(0, begin), '\n'))};
}

}  // namespace

Result<std::vector<YamlDocument>> ReadYaml(std::string_view text, const YamlLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Fail(ErrorCode::kTooLarge, fmt::format("the text has {} bytes: at most {} are read", text.size(), limits.max_bytes));
  }
  if (auto json = ReadAsJson(text, limits)) return std::vector<YamlDocument>{std::move(*json)};
  return ReadDocuments(text, limits);
}

}  // namespace hullwright
