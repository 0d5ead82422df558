"""What a Module does: parts, paths, modes, state, hooks, copies, and errors that say where."""

import copy
from typing import Any

import numpy as np
import pytest

import holograd as hg
from holograd import nn
from holograd.errors import (
    ArgumentError,
    CaptureError,
    DtypeError,
    GradientError,
    ModelError,
    ShapeError,
)
from holograd.nn.architecture import build, describe


class Block(nn.Module):
    """A list of layers, a shared layer, a bare parameter, and two buffers."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 3), nn.Linear(3, 2)])
        self.again = self.layers[1]
        self.scale = nn.Parameter([1.0, 2.0])
        self.register_buffer("seen", hg.zeros(2))
        self.register_buffer("scratch", hg.zeros(1), persistent=False)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x * self.scale


PARAMETERS = ["scale", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]


def test_parts_are_found_once_under_their_paths():
    block = Block()
    assert [name for name, _ in block.named_parameters()] == PARAMETERS
    assert next(name for name, _ in block.named_parameters(prefix="net")) == "net.scale"
    assert [name for name, _ in block.named_parameters(recurse=False)] == ["scale"]
    assert len(list(block.parameters())) == 5
    assert [name for name, _ in block.named_buffers()] == ["seen", "scratch"]
    assert [name for name, _ in block.named_children()] == ["layers", "again"]
    assert [name for name, _ in block.named_modules()] == ["", "layers", "layers.0", "layers.1"]
    assert block.get_submodule("layers.1") is block.again


def test_a_shared_layer_is_in_the_state_under_both_names():
    names = list(Block().state_dict())
    assert names == [
        "scale", "seen", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
        "again.weight", "again.bias",
    ]  # fmt: skip


def test_parts_can_be_replaced_and_deleted():
    block: Any = Block()
    block.again = nn.Tanh()
    assert [name for name, _ in block.named_modules()][-1] == "again"
    del block.again
    assert [name for name, _ in block.named_children()] == ["layers"]
    assert not hasattr(block, "again")
    block.scale = None
    assert [name for name, _ in block.named_parameters()] == PARAMETERS[1:]
    with pytest.raises(ArgumentError, match=r"scale is a parameter of Block.*self.scale.assign"):
        block.scale = hg.ones(2)
    with pytest.raises(ArgumentError, match=r"layers is a child module of Block"):
        block.layers = [nn.Linear(2, 2)]
    with pytest.raises(ArgumentError, match=r"seen is a buffer of Block.*hg.tensor"):
        block.seen = 3.0


@pytest.mark.parametrize("name", ["a.b", "", "train", "parameters", "to"])
def test_names_that_cannot_be(name: str):
    with pytest.raises(ArgumentError, match="cannot have a parameter named"):
        Block().register_parameter(name, nn.Parameter([1.0]))


def test_only_parts_can_be_registered():
    with pytest.raises(ArgumentError, match=r"not a module. Give an instance: nn.ReLU\(\)"):
        nn.Sequential(nn.Linear(2, 2), nn.ReLU)
    with pytest.raises(ArgumentError, match="nn.Parameter"):
        Block().register_parameter("w", hg.ones(2))  # pyright: ignore[reportArgumentType]
    with pytest.raises(ArgumentError, match="hg.tensor"):
        Block().register_buffer("b", 3)  # pyright: ignore[reportArgumentType]


def test_parameter_is_a_leaf_of_its_own():
    source = hg.ones(2, requires_grad=True)
    one = nn.Parameter(source)
    hg.mul(one, one).sum().backward()
    assert one.grad is not None and source.grad is None
    assert one.is_leaf and one.requires_grad and isinstance(one, hg.Tensor)
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    assert repr(one) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    with pytest.raises(GradientError, match="int64 has no gradient"):
        nn.Parameter([1, 2])


def test_modes_and_switches_reach_all_modules():
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm1d(2)))
    assert model.training
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert all(module.training for module in model.train().modules())
    model.requires_grad_(False)
    assert not any(one.requires_grad for one in model.parameters())
    model.requires_grad_()
    model(hg.randn(4, 2)).sum().backward()
    assert all(one.grad is not None for one in model.parameters())
    model.zero_grad(set_to_none=False)
    grads = [one.grad for one in model.parameters()]
    assert [one is not None and one.tolist() for one in grads] == [[0, 0], [0, 0]]
    model.zero_grad()
    assert all(one.grad is None for one in model.parameters())
    visited = []
    model.apply(lambda module: visited.append(type(module).__name__))
    assert visited == ["Dropout", "BatchNorm1d", "Sequential", "Sequential"]


def test_to_another_float_keeps_values_gradients_and_integers():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model(hg.randn(3, 2)).sum().backward()
    weight = model[0].weight
    before, grad = weight.detach().numpy(), weight.grad.numpy()
    assert model.double() is model
    assert model[0].weight is weight and weight.dtype == hg.float64 == weight.grad.dtype
    assert (weight.detach().numpy() == before).all() and (weight.grad.numpy() == grad).all()
    assert model[1].running_mean.dtype == hg.float64
    assert model[1].num_batches_tracked.dtype == hg.int64
    assert model.float()[1].running_mean.dtype == hg.float32
    for wrong in (hg.int64, "cpu", None):
        with pytest.raises(DtypeError, match=f"cannot be of {wrong}.*hg.float32 or hg.float64"):
            model.to(wrong)


# --- state ---


def test_state_is_a_snapshot():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    saved = model.state_dict()
    before = {name: one.numpy().copy() for name, one in saved.items()}
    model(hg.randn(4, 2))
    with hg.no_grad():
        model[0].weight.fill_(7.0)
    assert all((saved[name].numpy() == before[name]).all() for name in saved)
    assert (
        model.state_dict()["1.num_batches_tracked"].item(),
        before["1.num_batches_tracked"],
    ) == (
        1,
        0,
    )


def test_loading_copies_arrays():
    layer, array = nn.Linear(2, 1, bias=False), np.ones((1, 2), np.float32)
    layer.load_state_dict({"weight": array})
    array[:] = 5
    assert layer.weight.tolist() == [[1.0, 1.0]]
    layer.load_state_dict({"weight": [[2.0, 3.0]]})
    assert layer.weight.tolist() == [[2.0, 3.0]] and layer.weight.dtype == hg.float32


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"0.weight": np.ones((2, 3))}, r"0.weight has shape \(2, 2\) in the model and \(2, 3\)"),
        ({"1.bias": np.array([1, 2])}, "1.bias is float32 in the model and int64 in the state"),
        ({"1.num_batches_tracked": np.array(0.5)}, "1.num_batches_tracked is int64 in the model"),
        ({"0.bias": None}, "missing from the state: 0.bias"),
        ({"2.weight": np.ones(1)}, "not in the model: 2.weight"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: dict[str, Any], message: str):
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    before = {name: one.numpy().copy() for name, one in model.state_dict().items()}
    state = {name: array + 1 for name, array in before.items()} | change
    state = {name: array for name, array in state.items() if array is not None}
    with pytest.raises(ModelError, match=message) as caught:
        model.load_state_dict(state)
    assert "The model is as it was" in str(caught.value)
    assert all((one.numpy() == before[n]).all() for n, one in model.state_dict().items())


def test_loading_without_strictness_tells_what_was_passed_over():
    layer = nn.Linear(2, 2)
    not_a_state: Any = [1]
    with pytest.raises(ModelError, match="Linear cannot take its state from a list"):
        layer.load_state_dict(not_a_state)
    keys = layer.load_state_dict({"weight": np.zeros((2, 2)), "other": 1}, strict=False)
    assert keys == (["bias"], ["other"])
    assert layer.weight.tolist() == [[0, 0], [0, 0]]
    with pytest.raises(ModelError, match="weight has shape"):
        layer.load_state_dict({"weight": np.zeros(2)}, strict=False)


def test_buffers_change_by_assign_in_a_captured_step():
    class Counter(nn.Module):
        def __init__(self):
            self.register_buffer("total", hg.zeros(()))

        def forward(self, x: Any, replace: bool = False) -> Any:
            if replace:
                self.total = self.total + x
            else:
                self.total.assign(self.total + x)
            return x * 1.0

    model = Counter()
    captured = hg.capture(model, np.float32(1))
    assert model.total.item() == 0
    captured.run(np.float32(2))
    captured.run(np.float32(3))
    assert model.total.item() == 5
    with pytest.raises(CaptureError, match=r"replaced the buffer total.*self.total.assign"):
        hg.capture(lambda x: model(x, replace=True), np.float32(1))


def test_a_captured_step_reads_detached_parameters_at_each_run():
    layer = nn.Linear(2, 1, bias=False)
    captured = hg.capture(
        lambda x: layer(x) * layer.weight.detach().sum(), np.ones((1, 2), np.float32)
    )
    for value in (1.0, 3.0):
        with hg.no_grad():
            layer.weight.fill_(value)
        assert captured.run(np.ones((1, 2), np.float32))[0].tolist() == [[2 * value * 2 * value]]
    through = hg.capture(lambda x: layer(x).detach() + layer(x), np.ones((1, 2), np.float32))
    assert through.run(np.ones((1, 2), np.float32))[0].tolist() == [[12.0]]


def test_copies_share_nothing():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model(hg.randn(4, 2)).sum().backward()
    other = copy.deepcopy(model)
    expected = model[1].running_mean.tolist()
    other(hg.randn(4, 2)).sum().backward()
    with hg.no_grad():
        other[0].weight.zero_()
    assert model[1].running_mean.tolist() == expected != other[1].running_mean.tolist()
    assert model[0].weight.abs().sum().item() > 0
    assert (model[1].bias.grad.tolist(), other[1].bias.grad.tolist()) == ([4, 4], [8, 8])
    shallow = copy.copy(model)
    shallow.append(nn.Tanh())
    assert (len(shallow), len(model)) == (3, 2) and shallow[0] is model[0]
    with pytest.raises(GradientError, match="x.detach"):
        copy.deepcopy(model[0].weight * 2)


# --- calls ---


def test_hooks_see_and_change_inputs_and_outputs():
    layer, seen = nn.ReLU(), []
    before = layer.register_forward_pre_hook(lambda module, inputs: (inputs[0] + 1,))
    after = layer.register_forward_hook(lambda module, inputs, output: output * 10)
    look = layer.register_forward_hook(lambda *all_of: seen.append(all_of[2].tolist()))
    assert layer(hg.tensor([-1.0, 1.0])).tolist() == [0.0, 20.0]
    before.remove()
    assert layer(hg.tensor([-1.0, 1.0])).tolist() == [0.0, 10.0]
    for handle in (after, after, look):
        handle.remove()
    assert layer(hg.tensor([-1.0, 1.0])).tolist() == [0.0, 1.0]
    assert seen == [[0.0, 20.0], [0.0, 10.0]]


def test_forward_must_be_written():
    with pytest.raises(ModelError, match=r"Model has no forward\(\).*def forward\(self, x\)"):
        type("Model", (nn.Module,), {})()(1)


def test_errors_name_the_layer_and_its_path():
    with pytest.raises(ShapeError) as caught:
        Block()(hg.ones(5, 4))
    assert str(caught.value) == (
        "Linear(3 → 3) at layers.0 takes (N, 3), and got (N, 4): the data has 4 features. "
        "Write Linear(4, 3)."
    )
    with pytest.raises(ShapeError) as caught:
        nn.Sequential(nn.Linear(3, 2))[0](hg.ones(5, 4))
    assert str(caught.value).startswith("Linear(3 → 2) takes (N, 3)")
    deep = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Embedding(3, 2)))
    with pytest.raises(IndexError, match=r"It happened in Embedding\(3 → 2\) at 1.0\.$"):
        deep(hg.tensor([[3]]))
    with pytest.raises(
        DtypeError, match=r"Linear\(3 → 3\) at layers.0 has .* float32, and got flo"
    ):
        Block()(hg.ones(5, 3, dtype=hg.float64))
    with pytest.raises(ArgumentError, match=r"at layers.0 takes a tensor, and got a list"):
        Block()([[1.0, 2.0, 3.0]])


def test_after_an_error_scopes_are_closed():
    with pytest.raises(ShapeError):
        Block()(hg.ones(5, 4))
    assert hg.exp(hg.ones(1, requires_grad=True)).node.scope is None


def test_a_layer_in_two_models_goes_by_the_name_it_has_in_each():
    layer = nn.Linear(2, 2)
    first, second = nn.Sequential(nn.Tanh(), layer), nn.Sequential(nn.Sequential(layer), nn.Tanh())
    for model, path in ((first, "1"), (second, "0.0"), (first, "1")):
        with pytest.raises(ShapeError, match=f" at {path} takes"):
            model(hg.ones(1, 3))
    first.append(nn.Linear(5, 5))
    with pytest.raises(ShapeError, match=" at 2 takes"):
        first(hg.ones(1, 2))


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Linear(784, 10), (2, 28, 28), r"\(28, 28\) are 784 features.*x.flatten\(1\)"),
        (nn.Linear(1, 1), (), r"one number has no features. Write x.reshape\(1, 1\)"),
        (nn.Linear(2, 3), (4, 1), "the data has 1 feature. Write Linear"),
        (nn.Conv2d(1, 6, 5), (2, 3, 8, 8), r"takes \(N, 1, H, W\), and got \(N, 3, 8, 8\): the "
         r"data has 3 channels. Write Conv2d\(3, 6, 5\)"),
        (nn.Conv2d(1, 6, 5), (64, 8, 8), r"one sample of 64 channels. Write x.unsqueeze\(1\)"),
        (nn.Conv1d(2, 1, 3), (5, 4), r"takes \(N, 2, L\)"),
        (nn.Conv2d(1, 1, 5), (2, 1, 3, 3), "kernel that spans 5 is larger"),
        (nn.MaxPool2d(3), (1, 1, 2, 2), "is larger than its input"),
        (nn.BatchNorm1d(3), (4, 5), r"takes \(N, 3\) or \(N, 3, L\), and got \(N, 5\)"),
        (nn.BatchNorm1d(3), (4, 5), r"the data has 5 channels. Write BatchNorm1d\(5\)"),
        (nn.BatchNorm2d(3), (4, 3), r"the data has 2 dimensions"),
        (nn.BatchNorm1d(3), (1, 3), r"in training: one number has no variance.*model.eval\(\)"),
        (nn.LayerNorm((2, 3)), (4, 3), r"takes \(…, 2, 3\), and got \(4, 3\)"),
    ],
)  # fmt: skip
def test_wrong_shapes(layer: nn.Module, shape: tuple[int, ...], message: str):
    with pytest.raises(ShapeError, match=message):
        layer(hg.ones(shape))


A_WORD: Any = "a"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Linear(-1, 2), "Linear got in_features=-1. Write an integer of at least 1"),
        (lambda: nn.Linear(2, True), "Linear got out_features=True"),
        (lambda: nn.Bilinear(1, 0, 1), "Bilinear got in2_features=0"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), "Conv2d got kernel_size=.*or 2"),
        (lambda: nn.Conv2d(1, 1, 3, padding=-1), "Conv2d got padding=-1"),
        (lambda: nn.Conv2d(1, 1, 3, stride=0), "Conv2d got stride=0"),
        (lambda: nn.Conv2d(1, 1, 3, 2, "same"), "only a stride of 1 keeps the size"),
        (lambda: nn.Conv2d(3, 4, 1, groups=2), "3 and 4 channels do not divide into 2 parts"),
        (lambda: nn.MaxPool2d(0), "MaxPool2d got kernel_size=0"),
        (lambda: nn.Dropout(1.5), "Dropout got p=1.5"),
        (lambda: nn.Dropout(A_WORD), "Dropout got p='a'"),
        (lambda: nn.functional.dropout(hg.ones(1), -0.1), "dropout got p=-0.1"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="reflect"), "padding_mode='reflect': .*zeros"),
        (lambda: nn.CrossEntropyLoss(label_smoothing=2), "CrossEntropyLoss got label_smoothing=2"),
        (lambda: nn.BatchNorm1d(2, momentum=2), "BatchNorm1d got momentum=2"),
        (lambda: nn.BatchNorm1d(2, eps=-1), "BatchNorm1d got eps=-1"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), "padding_idx=3 for 3 rows"),
        (lambda: nn.GELU("fast"), 'Write "none" or "tanh"'),
        (lambda: nn.Softplus(0), "Softplus got beta=0"),
        (lambda: nn.Hardtanh(1, 1), "Write the lesser first"),
        (lambda: nn.Softmax()(hg.ones(2, 2)), r"softmax got no dim.*softmax\(x, dim=-1\)"),
        (lambda: nn.LogSoftmax()(hg.ones(2, 2)), "log_softmax got no dim"),
        (lambda: nn.Sequential(nn.Tanh())[1], "Sequential has no module 1: it holds 1"),
        (lambda: nn.Sequential(nn.Tanh())[A_WORD], r"Sequential got 'a'.*counted.*model\[0\]"),
        (lambda: nn.ModuleList([nn.Tanh()])[A_WORD], "ModuleList got 'a' as the place"),
        (lambda: nn.Linear(2, 2).get_submodule("a"), "there is no module 'a' in Linear"),
    ],
)
def test_wrong_arguments(make: Any, message: str):
    with pytest.raises(ArgumentError, match=message):
        make()


# --- containers and architecture ---


def test_sequential_is_a_row_of_modules():
    first, second, third = nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)
    model = nn.Sequential({"a": first, "b": second})
    assert [name for name, _ in model.named_children()] == ["a", "b"]
    model.append(third)
    assert list(model) == [first, second, third] and len(model) == 3
    assert model[0] is model[-3] is first and list(model[1:]) == [second, third]
    assert [name for name, _ in model[1:].named_children()] == ["b", "2"]
    x = hg.randn(4, 2)
    assert (model(x) == third(second(first(x)))).all()
    model[-1] = nn.Identity()
    assert model(x).shape == (4, 3)
    assert repr(nn.Sequential(nn.Sequential(nn.Tanh()))) == (
        "Sequential(\n  (0): Sequential(\n    (0): Tanh()\n  )\n)"
    )


def test_module_list_holds_and_does_not_compute():
    layers = nn.ModuleList([nn.Linear(1, 1)]).extend([nn.Tanh(), nn.ReLU()])
    assert [type(one).__name__ for one in layers[1:]] == ["Tanh", "ReLU"]
    with pytest.raises(ModelError, match="ModuleList has no forward"):
        layers(hg.ones(1, 1))


def test_architecture_of_nested_models():
    model = nn.Sequential(
        nn.ModuleList([nn.Conv2d(1, 2, (3, 2), padding="same", bias=False)]),
        nn.Sequential({"norm": nn.BatchNorm1d(4, momentum=None), "drop": nn.Dropout(0.25)}),
    ).double()
    model[1][1].p = 0.75
    stream = hg.default_generator.get_state()
    built = build(describe(model))
    assert hg.default_generator.get_state() == stream
    assert repr(built) == repr(model)
    assert built.get_submodule("1.drop").p == 0.75  # pyright: ignore[reportAttributeAccessIssue]
    built.load_state_dict(model.state_dict())


def test_architecture_that_cannot_be_told_or_built():
    with pytest.raises(ModelError, match="Block cannot be told: it is a class outside"):
        describe(nn.Sequential(Block()))
    wrong: Any
    for wrong, message in [
        (3, "that is not a table"),
        ({"layer": "os.system"}, "no layer 'os.system'"),
        ({"layer": ["Linear"]}, "no layer"),
        ({"layer": "Module"}, "no layer 'Module'"),
        ({"layer": "Linear"}, "Linear cannot be built as described"),
        ({"layer": "Linear", "arguments": {"in_features": 2}}, "Linear cannot be built.*missing"),
        (
            {"layer": "Linear", "arguments": {"in_features": -2, "out_features": 1}},
            "in_features=-2",
        ),
        ({"layer": "Sequential", "children": {"0": {"layer": "Line"}}}, "no layer 'Line'"),
        ({"layer": "Sequential", "children": [1]}, "Sequential cannot be built"),
    ]:
        with pytest.raises(ModelError, match=message):
            build(wrong)
