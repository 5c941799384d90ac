// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dockerfile/evaluate.hpp"
#include "dockerfile/settings.hpp"
#include "dockerfile/stages.hpp"

namespace dockerfile {

// What all stages of one evaluation share.
struct Evaluation {
  const Dockerfile& dockerfile;
  const BuildInput& input;
  const Outline& outline;
  PathPatterns ignored{};
  std::optional<Tree> context{};                // read when the first COPY asks for it
  std::map<std::size_t, std::size_t> places{};  // a stage's number → its index in the plan
  std::map<std::size_t, Scope> scopes{};        // by a stage's number, after its last instruction
  std::set<std::string> used_args{};
  Plan plan{};

  const Tree& context_tree();
};

// Follows one stage's instructions.
class StageBuilder {
 public:
  StageBuilder(Evaluation& evaluation, std::size_t number);

  Stage run();

 private:
  void begin_from_base();
  void run_triggers();
  void run_instruction(const Instruction& instruction);
  Action act(const Instruction& instruction);
  void declare_args(const Instruction& instruction);
  Action make_work_dir(const Instruction& instruction);
  Action copy_files(const Instruction& instruction);
  void add_sources(const Instruction& instruction, CopyRequest& request);
  std::string add_copy_flags(const Instruction& instruction, CopyRequest& request);
  Action copy_from_stage(const Instruction& instruction, CopyRequest request,
                         const std::string& from);
  Action copy_from_context(const Instruction& instruction, CopyRequest request);
  void judge_matches(const Instruction& instruction, const CopyRequest& request,
                     const Copied& copied);
  bool is_left_out(const std::string& source);
  Action run_command(const Instruction& instruction);
  std::optional<ExtractBootJar> find_extraction(const Instruction& instruction);
  void take(const Copied& copied);
  void report_undefined(const Instruction& instruction);
  void find(const Instruction& instruction, Finding finding);

  Evaluation& evaluation_;
  const StageHead& head_;
  Stage stage_;
  Scope scope_;
  Settings settings_;
  bool knows_environment_ = false;  // the base's variables are known
  bool only_copies_ = true;         // nothing but what an extraction of a jar may follow
};

}  // namespace dockerfile
