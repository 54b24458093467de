#include "support/fake_api_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/process.h"

namespace hullwright::testing {
namespace {

using nlohmann::json;

std::string Parameter(const std::string& query, const std::string& name) {
  const std::string text = "&" + query;
  const auto at = text.find("&" + name + "=");
  if (at == std::string::npos) return "";
  const auto begin = at + name.size() + 2;
  return text.substr(begin, text.find('&', begin) - begin);
}

json ObjectJson(const std::string& name, const std::string& color, int version, bool typed) {
  json object{{"metadata", {{"name", name}, {"resourceVersion", std::to_string(version)}, {"labels", {{"color", color}}}}}};
  if (typed) object.update({{"apiVersion", "v1"}, {"kind", "Namespace"}});
  return object;
}

// RFC 1123 label, which is what the real server wants of a Namespace.
bool IsName(const std::string& name) {
  return !name.empty() && name.size() <= 63 && name.front() != '-' && name.back() != '-' &&
         std::ranges::all_of(name, [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '-'; });
}

}  // namespace

std::string StatusText(int code, std::string_view reason, std::string_view message) {
  return json{{"kind", "Status"}, {"apiVersion", "v1"}, {"metadata", json::object()}, {"status", "Failure"}, {"message", message},
              {"reason", reason}, {"code", code}}
      .dump();
}

FakeApiServer::FakeApiServer()
    : server_(
          std::make_unique<ScriptedServer>([this](const ScriptedRequest& request, ScriptedAnswer& answer) { Serve(request, answer); })) {}
FakeApiServer::~FakeApiServer() = default;

void FakeApiServer::Append(std::string_view type, const std::string& name, const Object& object) {
  const json event{{"type", type}, {"object", ObjectJson(name, object.color, object.version, true)}};
  log_.push_back({object.version, false, event.dump()});
}

void FakeApiServer::Put(const std::string& name, const std::string& color) {
  const std::lock_guard lock(mutex_);
  const bool is_new = !objects_.contains(name);
  objects_[name] = {color, ++version_};
  Append(is_new ? "ADDED" : "MODIFIED", name, objects_[name]);
}

void FakeApiServer::Delete(const std::string& name) {
  const std::lock_guard lock(mutex_);
  Object last = objects_.at(name);
  objects_.erase(name);
  last.version = ++version_;
  Append("DELETED", name, last);
}

void FakeApiServer::SetToken(std::string token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
}

void FakeApiServer::ScriptNextList(ScriptedServer::Script script) {
  const std::lock_guard lock(mutex_);
  list_scripts_.push_back(std::move(script));
}

void FakeApiServer::ScriptNextWatch(ScriptedServer::Script script) {
  const std::lock_guard lock(mutex_);
  watch_scripts_.push_back(std::move(script));
}

void FakeApiServer::ForgetHistory() {
  const std::lock_guard lock(mutex_);
  forgotten_ = version_;
}

void FakeApiServer::SendLine(std::string line) {
  const std::lock_guard lock(mutex_);
  log_.push_back({version_, true, std::move(line)});
}

void FakeApiServer::EndWatches() {
  const std::lock_guard lock(mutex_);
  ++watch_generation_;
}

std::vector<std::string> FakeApiServer::Requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

int FakeApiServer::Watches() const {
  const auto requests = Requests();
  return static_cast<int>(
      std::ranges::count_if(requests, [](const auto& request) { return request.find("watch=1") != std::string::npos; }));
}

int FakeApiServer::Lists() const {
  const auto requests = Requests();
  return static_cast<int>(std::ranges::count_if(requests, [](const auto& request) {
    return request.starts_with("GET") && request.find("watch=1") == std::string::npos && request.find("continue=") == std::string::npos;
  }));
}

int FakeApiServer::OpenWatches() const {
  const std::lock_guard lock(mutex_);
  return open_watches_;
}

bool FakeApiServer::TakeScript(std::deque<ScriptedServer::Script>& scripts, const ScriptedRequest& request, ScriptedAnswer& answer) {
  ScriptedServer::Script script;
  {
    const std::lock_guard lock(mutex_);
    if (scripts.empty()) return false;
    script = std::move(scripts.front());
    scripts.pop_front();
  }
  script(request, answer);
  return true;
}

void FakeApiServer::Serve(const ScriptedRequest& request, ScriptedAnswer& answer) {
  std::string token;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request.method + " " + request.target);
    token = token_;
  }
  if (request.authorization != "Bearer " + token) return answer.Whole(401, StatusText(401, "Unauthorized", "Unauthorized"));
  const auto question = request.target.find('?');
  const std::string path = request.target.substr(0, question);
  const std::string query = question == std::string::npos ? "" : request.target.substr(question + 1);
  const std::string prefix = std::string(kCollection) + "/";
  if (path == kCollection && request.method == "POST") return Create(request, answer);
  if (path == kCollection && !Parameter(query, "watch").empty()) {
    if (!TakeScript(watch_scripts_, request, answer)) Watch(query, answer);
  } else if (path == kCollection) {
    if (!TakeScript(list_scripts_, request, answer)) List(query, answer);
  } else if (path.starts_with(prefix)) {
    One(request, path.substr(prefix.size()), answer);
  } else {
    answer.Whole(404, StatusText(404, "NotFound", "the server could not find the requested resource"));
  }
}

void FakeApiServer::List(const std::string& query, ScriptedAnswer& answer) {
  const std::size_t limit = std::strtoul(Parameter(query, "limit").c_str(), nullptr, 10);
  const std::string token = Parameter(query, "continue");  // "<version>.<name of the last item>"
  json page{{"kind", "NamespaceList"}, {"apiVersion", "v1"}, {"items", json::array()}};
  bool expired = false;
  {
    const std::lock_guard lock(mutex_);
    const int version = token.empty() ? version_ : std::atoi(token.c_str());
    expired = version < forgotten_;
    page["metadata"]["resourceVersion"] = std::to_string(version);
    const std::string after = token.empty() ? "" : token.substr(token.find('.') + 1);
    for (auto object = objects_.upper_bound(after); object != objects_.end(); ++object) {
      if (limit > 0 && page["items"].size() == limit) {
        page["metadata"]["continue"] = fmt::format("{}.{}", version, std::prev(object)->first);
        break;
      }
      page["items"].push_back(ObjectJson(object->first, object->second.color, object->second.version, false));
    }
  }
  if (expired) return answer.Whole(410, StatusText(410, "Expired", "The provided continue parameter is too old"));
  answer.Whole(200, page.dump());
}

void FakeApiServer::Watch(const std::string& query, ScriptedAnswer& answer) {
  const int from = std::atoi(Parameter(query, "resourceVersion").c_str());
  std::size_t next = 0;
  int generation = 0;
  bool expired = false;
  {
    const std::lock_guard lock(mutex_);
    generation = watch_generation_;
    expired = from < forgotten_;
    const auto is_past = [&](const Line& line) { return line.only_live || line.version <= from; };
    // What was live only is gone for a watch that begins now.
    std::erase_if(log_, [&](const Line& line) { return line.only_live && open_watches_ == 0; });
    while (next < log_.size() && is_past(log_[next])) ++next;
    ++open_watches_;
  }
  bool go_on = answer.BeginStream();
  if (expired)
    answer.Chunk(json{{"type", "ERROR"}, {"object", json::parse(StatusText(410, "Expired", "too old resource version"))}}.dump() + "\n");
  for (; go_on && !expired && answer.IsOpen(); Nap()) {
    std::vector<std::string> due;
    {
      const std::lock_guard lock(mutex_);
      for (; next < log_.size(); ++next) due.push_back(log_[next].text);
      go_on = generation == watch_generation_;
    }
    for (const std::string& line : due) go_on = answer.Chunk(line + "\n") && go_on;
  }
  answer.EndStream();
  const std::lock_guard lock(mutex_);
  --open_watches_;
}

void FakeApiServer::Create(const ScriptedRequest& request, ScriptedAnswer& answer) {
  const json object = json::parse(request.body, nullptr, false);
  if (object.is_discarded()) return answer.Whole(400, StatusText(400, "BadRequest", "the object provided is unrecognized"));
  const std::string name = object["metadata"]["name"];
  if (!IsName(name)) return answer.Whole(422, StatusText(422, "Invalid", fmt::format("Namespace \"{}\" is invalid: metadata.name", name)));
  bool exists = false;
  {
    const std::lock_guard lock(mutex_);
    exists = objects_.contains(name);
  }
  if (exists) return answer.Whole(409, StatusText(409, "AlreadyExists", fmt::format("namespaces \"{}\" already exists", name)));
  Put(name, object["metadata"].value("labels", json::object()).value("color", ""));
  answer.Whole(201, object.dump());
}

void FakeApiServer::One(const ScriptedRequest& request, const std::string& name, ScriptedAnswer& answer) {
  json object;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = objects_.find(name); found != objects_.end())
      object = ObjectJson(name, found->second.color, found->second.version, true);
  }
  if (object.is_null()) return answer.Whole(404, StatusText(404, "NotFound", fmt::format("namespaces \"{}\" not found", name)));
  if (request.method == "PUT") {
    object.merge_patch(json::parse(request.body));
    Put(name, object["metadata"]["labels"]["color"]);
  }
  answer.Whole(200, object.dump());
}

}  // namespace hullwright::testing
