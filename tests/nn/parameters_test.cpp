#include "sequent/nn/parameters.h"

#include <gtest/gtest.h>

#include "sequent/base/error.h"
#include "sequent/nn/stored_values.h"
#include "sequent/tensor/memory.h"
#include "tests/support/values.h"

namespace sequent {
namespace {

TEST(Parameters, NamesFollowTheScope) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const ParameterScope scope(parameters);
  scope("layers")(3)("mixer").parameter("weight", {2, 3}, initialize::normal(1.0f), true);
  ASSERT_EQ(parameters.all().size(), 1u);
  EXPECT_EQ(parameters.all()[0].name, "layers.3.mixer.weight");
  EXPECT_EQ(parameters.count(), 6);
}

TEST(Parameters, ValuesDependOnSeedAndNameOnlyNotOnOrder) {
  const auto make = [](bool reversed) {
    const auto source = fresh_parameters(9);
    Parameters parameters(*source);
    if (reversed) parameters.add("b", {4}, initialize::normal(1.0f), true);
    const Var a = parameters.add("a", {4}, initialize::normal(1.0f), true);
    return test::to_doubles(a.value());
  };
  EXPECT_EQ(make(false), make(true));
}

TEST(Parameters, FlatteningKeepsValuesAndPutsDecayedOnesFirst) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Var bias = parameters.add("bias", {5}, initialize::normal(1.0f), false);
  const Var weight = parameters.add("weight", {3, 7}, initialize::normal(1.0f), true);
  const auto bias_before = test::to_doubles(bias.value());
  const auto weight_before = test::to_doubles(weight.value());
  parameters.flatten();
  EXPECT_EQ(test::to_doubles(bias.value()), bias_before);
  EXPECT_EQ(test::to_doubles(weight.value()), weight_before);
  EXPECT_EQ(parameters.values().elements(), 48);  // each rounded up to whole lines of 16
  EXPECT_EQ(weight.value().floats(), parameters.values().floats());
  EXPECT_EQ(bias.value().floats(), parameters.values().floats() + 32);
  EXPECT_EQ(parameters.offset_of(parameters.all()[0]), 32);
  EXPECT_EQ(parameters.offset_of(parameters.all()[1]), 0);
}

TEST(Parameters, GradientsTakeNoMemoryBetweenSteps) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  const Var weight = parameters.add("weight", {3, 7}, initialize::normal(1.0f), true);
  parameters.flatten();
  const std::int64_t before = memory::live_bytes();
  weight.accumulate(Tensor::full({3, 7}, 1.0f));
  EXPECT_EQ(memory::live_bytes(), before + 84);
  parameters.clear_gradients();
  EXPECT_EQ(memory::live_bytes(), before);
  EXPECT_FALSE(weight.gradient().defined());
}

// One matrix, stored as some type.
class StoredAs : public ParameterSource {
 public:
  explicit StoredAs(DType type) : type_(type) {}
  Tensor make(const std::string& name, const Shape& shape, const Initializer& initializer) override {
    return dequantised(make_matrix(name, shape, initializer), name);
  }
  Tensor make_matrix(const std::string& name, const Shape& shape, const Initializer&) override {
    return to_stored(test::to_tensor(test::random_values(shape.elements(), name), shape), type_, name);
  }

 private:
  DType type_;
};

TEST(Parameters, OnlyMatricesStayAsTheyAreStored) {
  StoredAs source(DType::q8_0);
  Parameters parameters(source);
  const ParameterScope scope(parameters);
  EXPECT_EQ(scope.matrix("a", {2, 32}, initialize::constant(0)).value().dtype(), DType::q8_0);
  EXPECT_EQ(scope.parameter("b", {2, 32}, initialize::constant(0), true).value().dtype(), DType::f32);
  EXPECT_THROW(scope.matrix("a", {2, 32}, initialize::constant(0)), Error);
}

TEST(Parameters, FlatteningMakesFloatsOfSixteenBitsAndRefusesBlocks) {
  StoredAs sixteen(DType::bf16), blocks(DType::q8_0);
  Parameters parameters(sixteen);
  const Var a = ParameterScope(parameters).matrix("a", {2, 32}, initialize::constant(0));
  const auto before = test::to_doubles(dequantised(a.value(), "a"));
  parameters.flatten();
  EXPECT_EQ(test::to_doubles(a.value()), before);
  Parameters refused(blocks);
  ParameterScope(refused).matrix("a", {2, 32}, initialize::constant(0));
  try {
    refused.flatten();
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "parameters: a is stored as q8_0, and training needs float32: convert the model first");
  }
}

TEST(Parameters, RefusesANameTwice) {
  const auto source = fresh_parameters(1);
  Parameters parameters(*source);
  parameters.add("weight", {2}, initialize::constant(0), true);
  EXPECT_THROW(parameters.add("weight", {2}, initialize::constant(0), true), Error);
}

TEST(Parameters, ShapesOnlyTakesNoMemory) {
  const auto source = shapes_only();
  Parameters parameters(*source);
  parameters.add("huge", {1 << 20, 1 << 20}, initialize::normal(1.0f), true);
  EXPECT_EQ(parameters.count(), std::int64_t{1} << 40);
}

}  // namespace
}  // namespace sequent
