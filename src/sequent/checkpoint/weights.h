// The weights of a published or saved model, whatever files they lie in, and the bookkeeping that makes loading strict:
// a tensor that is missing is an error when it is asked for, one that nobody asked for is an error at the end.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sequent/checkpoint/tensor_file.h"
#include "sequent/tensor/tensor.h"

namespace sequent {

class WeightSource {
 public:
  /// `path` is a file of tensors in any format that TensorFile knows, or a model directory that holds model.safetensors
  /// or pytorch_model.bin, or the index of shards of either (model.safetensors.index.json) and its shards; the first
  /// that is there counts. Errors: none is there; a shard name that is not a plain file name; a tensor the index lists
  /// but its shard lacks, or that a shard holds but the index does not place there.
  /// With `under`, only the tensors whose names begin with it are there, without it: a model within a training
  /// checkpoint ("target_encoder.module."). That there must be any is an Error.
  static WeightSource open(const std::string& path, std::string_view under = {});

  /// The file or directory, for messages.
  const std::string& path() const { return path_; }
  std::span<const TensorFile> files() const { return files_; }
  /// Sorted.
  std::vector<std::string> names() const;
  bool contains(std::string_view name) const { return places_.contains(name); }
  /// These load nothing and take nothing.
  Shape shape(std::string_view name) const;
  const TensorEntry& entry(std::string_view name) const { return file_of(name).entry(full(name)); }
  std::int64_t bytes(std::string_view name) const { return file_of(name).bytes(full(name)); }

  /// The tensor in its own type, read-only and in place; marks it as taken. Absent: "missing tensor NAME in FILE".
  Tensor tensor(std::string_view name);
  /// The tensor as f32: in place if it is, converted from f16 or bf16, otherwise an Error.
  Tensor float_tensor(std::string_view name);
  /// The tensor for a product: f32, f16, bf16 or a block type as it is, otherwise an Error.
  Tensor stored_tensor(std::string_view name);
  /// Its bytes, whatever its type (TensorFile::raw); marks it as taken.
  Tensor raw(std::string_view name);

  /// Error naming the tensors nobody asked for, unless they match one of `ignorable`, in which '*' stands for any run
  /// of characters ("model.layers.*.rotary_emb.inv_freq").
  void expect_all_taken(std::span<const std::string> ignorable = {}) const;

 private:
  void open_directory(const std::string& path);
  void open_file(const std::string& path);
  void open_shards(const std::string& directory, const std::string& index_path);
  void keep_those_under(std::string_view under);
  const TensorFile& file_of(std::string_view name) const;
  std::string full(std::string_view name) const { return under_ + std::string(name); }

  std::string path_;
  std::string under_;  // what all names of places_ begin with in the files
  std::vector<TensorFile> files_;
  std::map<std::string, std::size_t, std::less<>> places_;  // tensor -> index into files_
  std::set<std::string, std::less<>> taken_;
};

/// A tensor in f32: itself if it is, converted from f16 or bf16, otherwise an Error naming `name`.
Tensor to_float(const Tensor& tensor, std::string_view name);

}  // namespace sequent
