#pragma once

#include <cstdint>
#include <string>

#include "regard/kernels/weight_forms.h"
#include "regard/tensor/tensor.h"

namespace regard {

// A trained tensor with its name in the checkpoint. Every write goes through here and raises the version,
// which drops the arranged forms that kernels keep of it. Not copyable: modules and optimizers refer to the
// one object.
class Parameter {
 public:
  // constant: stored in the checkpoint with the others, never trained (a buffer). frozen: a weight that
  // training leaves as it is: no gradient of it is computed, and checkpoints of the training may lack it.
  enum class Role : std::uint8_t { trained, frozen, constant };
  Parameter(std::string name, Tensor value, Role role = Role::trained)
      : name_(std::move(name)), value_(std::move(value)), role_(role) {}
  // A weight [out,in] that is kept as whole numbers (i8) with a scale for each output channel (f32 [out]). It
  // is never trained.
  Parameter(std::string name, Tensor numbers, Tensor scales)
      : name_(std::move(name)),
        value_(std::move(numbers)),
        scales_(std::move(scales)),
        role_(Role::constant) {}
  Parameter(const Parameter&) = delete;
  Parameter& operator=(const Parameter&) = delete;

  const std::string& name() const { return name_; }
  const Tensor& value() const { return value_; }    // i8 where it is quantized
  const Tensor& scales() const { return scales_; }  // empty where it is not
  bool quantized() const { return static_cast<bool>(scales_); }
  Tensor numbers() const;  // the value; of a quantized one numbers times scales, f32
  const Shape& shape() const { return value_.shape(); }
  Role role() const { return role_; }
  void freeze() {
    if (role_ == Role::trained) role_ = Role::frozen;
  }
  std::uint64_t version() const { return version_; }
  kernels::WeightForms& forms() const { return forms_; }

  void set(Tensor value);  // the shape must stay; the handle is shared, not copied
  View
  update();  // for an optimizer: the elements, to be written before the next use (copied first if shared)

 private:
  std::string name_;
  Tensor value_;
  Tensor scales_;
  Role role_;
  std::uint64_t version_ = 0;
  mutable kernels::WeightForms forms_;  // a cache: locks itself
};

}  // namespace regard
