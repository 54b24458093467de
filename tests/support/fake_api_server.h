// A small stateful API server for tests of what goes wrong: one collection of Namespaces with list, pages, watch, history and faults on
// demand. What it does right is held against the real one by support/kube_contract.h.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "support/scripted_server.h"

namespace hullwright::testing {

// Thread-safe.
class FakeApiServer {
 public:
  static constexpr const char* kCollection = "/api/v1/namespaces";

  FakeApiServer();
  ~FakeApiServer();

  std::string url() const { return server_->url(); }

  // Changes, as if somebody else had made them. color is a label.
  void Put(const std::string& name, const std::string& color);
  void Delete(const std::string& name);

  // A request with another token is 401.
  void SetToken(std::string token);

  // Faults. A script answers the next request of its sort instead of the server; several are used up in order.
  void ScriptNextList(ScriptedServer::Script script);
  void ScriptNextWatch(ScriptedServer::Script script);
  void ForgetHistory();               // older versions are 410 from now on, in watches and continued lists
  void SendLine(std::string line);    // to open watches, as it is
  void EndWatches();                  // closes open watches properly
  void Close() { server_->Close(); }  // outage
  void Open() { server_->Open(); }

  // "GET /api/v1/namespaces?limit=2" of every request so far.
  std::vector<std::string> Requests() const;
  int Lists() const;
  int Watches() const;
  int OpenWatches() const;

 private:
  struct Object {
    std::string color;
    int version = 0;
  };
  struct Line {
    int version = 0;
    bool only_live = false;  // not part of history
    std::string text;
  };

  void Serve(const ScriptedRequest& request, ScriptedAnswer& answer);
  void List(const std::string& query, ScriptedAnswer& answer);
  void Watch(const std::string& query, ScriptedAnswer& answer);
  void One(const ScriptedRequest& request, const std::string& name, ScriptedAnswer& answer);
  void Create(const ScriptedRequest& request, ScriptedAnswer& answer);
  bool TakeScript(std::deque<ScriptedServer::Script>& scripts, const ScriptedRequest& request, ScriptedAnswer& answer);
  void Append(std::string_view type, const std::string& name, const Object& object);

  mutable std::mutex mutex_;
  std::map<std::string, Object> objects_;
  std::vector<Line> log_;
  int version_ = 100, forgotten_ = 0, watch_generation_ = 0, open_watches_ = 0;
  std::string token_ = "token-1";
  std::deque<ScriptedServer::Script> list_scripts_, watch_scripts_;
  std::vector<std::string> requests_;
  std::unique_ptr<ScriptedServer> server_;  // last: serves from all of the above
};

// A meta/v1 Status as the API server sends it.
std::string StatusText(int code, std::string_view reason, std::string_view message);

}  // namespace hullwright::testing
