"""`holograd explain`: expressions, recipes and saved models, in English and Korean."""

import contextlib
import io
import json
import re
import shlex

import numpy as np
import pytest

import holograd as hg
from cli_cases import made_models, plain
from holograd import nn
from holograd.cli import main

NEURON = '"1/(1+exp(-(w0*x0+w1*x1+w2)))" w0=2 x0=-1 w1=-3 x1=-2 w2=-3'
# The README of micrograd, in one line.
MICROGRAD = (
    '"c = a + b; d = a*b + b**3; c += c + 1; c += 1 + c + (-a); d += d*2 + relu(b + a); '
    'd += 3*d + relu(b - a); e = c - d; f = e**2; g = f/2.0; g += 10.0/f" a=-4.0 b=2.0'
)


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Runs a command line, with quotes as in a shell, in an empty folder."""
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def call(line: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(shlex.split(line))
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return call


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    pytest.importorskip("polars", reason="tables take: pip install 'holograd[tables]'")
    return made_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    folder = tmp_path_factory.mktemp("digits")
    with contextlib.chdir(folder), pytest.raises(SystemExit):
        main("train digits --epochs 1 --hidden 8 --save digits.safetensors --json".split())
    return folder / "digits.safetensors"


def gradients(out: str, output: str = "F") -> dict[str, float]:
    """The last part of the table."""
    found = re.findall(rf"∂{output}/∂(\w+) = +(−?[\d.]+)$", out, re.MULTILINE)
    return {name: float(number.replace("−", "-")) for name, number in found}


# --- published and hand-made numbers ---


def test_the_circuit_of_cs231n(run):
    code, out, err = run(f"explain {NEURON} --zoom primitive")
    assert (code, err) == (0, "")
    assert out.startswith("With w0 = 2, x0 = −1, w1 = −3, x1 = −2 and w2 = −3, F is 0.7311.\n")
    forward, _, backward = out.partition("Forward pass")[2].partition("Backward pass")
    values = re.findall(r"  (−?[\d.]+)$", forward, re.MULTILINE)
    assert values == ["−2", "6", "4", "1", "−1", "0.3679", "1.368", "0.7311"]
    back = re.findall(r"  (−?[\d.]+)$", backward, re.MULTILINE)
    # What the course prints, where it rounds to two places: −0.53, −0.53, −0.20, 0.20 …
    assert [f"{float(one.replace('−', '-')):.2f}" for one in back[:4]] == (
        ["-0.53", "-0.53", "-0.20", "0.20"]
    )
    found = gradients(out)
    assert {name: round(number, 2) for name, number in found.items()} == (
        {"w0": -0.2, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.2}
    )


def test_the_expression_of_micrograd(run):
    code, out, _ = run(f"explain {MICROGRAD} --json")
    assert code == 0
    view = json.loads(out)["levels"][0]
    numbers = {value["symbol"]["plain"]: value for value in view["values"] if value["named"]}
    assert numbers["g"]["array"]["numbers"][0] == pytest.approx(24.7041, abs=5e-5)
    assert numbers["a"]["gradient"]["numbers"][0] == pytest.approx(138.8338, abs=5e-5)
    assert numbers["b"]["gradient"]["numbers"][0] == pytest.approx(645.5773, abs=5e-5)
    code, out, _ = run(f"explain {MICROGRAD}")
    assert gradients(out, "g") == {"a": 138.8, "b": 645.6}
    assert "5 of 5, sum: 138.8" in out


def test_a_line_in_both_languages(run):
    assert "F is 7." in run('explain "F = w*x + b" w=3 x=2 b=1')[1]
    out = run('explain "F = w*x + b" w=3 x=2 b=1 --lang ko')[1]
    assert "w = 3, x = 2, b = 1일 때 F는 7입니다." in out
    assert "순전파" in out and "역전파" in out and "다음에 해 볼 것" in out
    assert gradients(out) == {"w": 2, "x": 3, "b": 1}


@pytest.mark.parametrize(
    ("row", "target", "z", "u", "o", "rounded"),
    [
        # By hand: z = (5a + 5b − 8, −7a − 7b + 3), u = −11 σ(z₁) − 11 σ(z₂) + 6, o = σ(u).
        ("0,0", 0, "[−8, 3]", "−4.482", "0.0112", "(0, 1) and gets u = −5; exactly, u is −4.4820"),
        ("0,1", 1, "[−3, −4]", "5.280", "0.995", "(0, 0) and gets u = 6; exactly, u is 5.2805"),
        ("1,0", 1, "[−3, −4]", "5.280", "0.995", "(0, 0) and gets u = 6; exactly, u is 5.2805"),
        ("1,1", 0, "[2, −11]", "−3.689", "0.0244", "(1, 0) and gets u = −5; exactly, u is −3.6890"),
    ],
)  # fmt: skip
def test_the_lecture_network_on_its_four_inputs(run, row, target, z, u, o, rounded):
    code, out, err = run(f"explain xor-lecture --row {row}")
    assert (code, err) == (0, "")
    shown = f"({row.replace(',', ', ')})"
    assert out.startswith(f"For {shown} the answer should be {target}. The network says {o}")
    assert f"The lecture rounds h to {rounded}" in out
    assert re.search(rf"2 +\+ b₁ .*\n.* {re.escape(z)}$", out, re.MULTILINE)
    assert re.search(rf"5 +\+ b₂ .*\n.* {u}$", out, re.MULTILINE)
    korean = run(f"explain xor-lecture --row {row} --lang ko")[1]
    assert korean.startswith(f"{shown}의 정답은 {target}입니다. 신경망의 답은 {o}")
    assert "강의에서는 h를" in korean and re.search(rf"\n.* {re.escape(z)}\n", korean)


@pytest.mark.parametrize("row", ["0.5,0.5", "0.5,0.5,1", "2,2"])
def test_the_lecture_says_nothing_of_other_points(run, row):
    for lang in ("en", "ko"):
        code, out, _ = run(f"explain xor-lecture --row {row} --lang {lang}")
        assert code == 0 and "lecture rounds" not in out and "강의에서는 h를" not in out


def test_an_expression_may_begin_with_a_minus(run):
    assert "With p = 1 and x = 0, F is 0." in run('explain "-log(p)*tanh(x)" p=1 x=0')[1]
    assert "F is −4." in run('explain "-h*2" h=2')[1] and "Usage" in run("explain -h")[1]
    assert "For (−1, 0) the network gives" in run("explain xor-lecture --row -1,0")[1]


def test_the_result_has_a_name_of_its_own(run):
    assert "G is 5." in run('explain "F + x" F=3 x=2')[1]


def test_another_loss(run):
    out = run("explain xor-lecture --row 0,1 --loss cross-entropy")[1]
    assert "so the loss is small: 0.00508." in out and "−log" in out


# --- what is printed ---


def test_the_language_is_that_of_the_terminal(run, monkeypatch):
    for name, value, words in (
        ("LANG", "ko_KR.UTF-8", "순전파"),
        ("LC_ALL", "en_US.UTF-8", "Forward pass"),
        ("LC_ALL", "ko", "순전파"),
        ("LC_ALL", "C", "Forward pass"),
        ("LC_ALL", "kok_IN", "Forward pass"),
    ):
        monkeypatch.setenv(name, value)
        assert words in run('explain "x*x" x=3')[1]


def test_json_is_one_object_and_nothing_else(run):
    code, out, err = run("explain xor-lecture --row 0,1 --json --check")
    assert (code, err) == (0, "") and out.count("\n") == 1
    facts = json.loads(out)
    assert facts["title"] == "xor-lecture, (0, 1)"


def test_the_next_commands_run_as_they_are_printed(run):
    out = run('explain "F = w*x + b" w=3 x=-2 b=1 --lang en')[1]
    commands = re.findall(r"^  holograd (.*?)(?:  .*)?$", out, re.MULTILINE)
    assert [command.rpartition("--")[2] for command in commands] == (
        ["step", "check", "save explanation.html"]
    )
    assert "✓" in run(commands[1])[1]
    deeper = re.search(r"holograd (.*--zoom primitive)", run("explain xor-lecture --row 1,1")[1])
    assert deeper and "exp(" in run(deeper[1])[1]


def test_stepping_is_scripted_by_lines(run, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n/W2\nq\n"))
    code, out, _ = run("explain xor-lecture --row 0,1 --step")
    assert code == 0
    assert re.findall(r"\d+ of 14", out) == ["1 of 14", "2 of 14", "4 of 14"]
    assert "Next" not in out


@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "html", "tex", "json", "dot", "md"])
def test_each_kind_of_file_is_written(run, tmp_path, ending):
    for extra in ("igraph", "matplotlib") if ending in ("svg", "png", "pdf", "html") else ():
        pytest.importorskip(extra, reason="pictures take: pip install 'holograd[pictures]'")
    code, out, err = run(f"explain xor-lecture --row 0,1 --save x.{ending} --lang ko")
    assert (code, err) == (0, "")
    assert f"x.{ending}에 저장했습니다" in out
    assert (tmp_path / f"x.{ending}").stat().st_size > 500


def test_several_files_at_once(run, tmp_path):
    code, out, _ = run('explain "w*x" w=2 x=3 --save a.md --save b.dot')
    assert code == 0 and "Wrote a.md\nWrote b.dot\n" in out
    assert {path.name for path in tmp_path.iterdir()} == {"a.md", "b.dot"}


def test_a_number_that_is_not_finite_is_told_where_it_begins(run):
    out = run('explain "log(x)/y" x=-1 y=2')[1]
    assert out.startswith("With x = −1 and y = 2, F is NaN. A negative number has no logarithm:")
    assert "Division by zero: x is 0 here." in run('explain "1/x + y" x=0 y=1')[1]


# --- recipes and models ---


def test_an_untrained_recipe_says_so(run):
    out = plain(run("explain xor --row 1,1 --seed 3")[1])
    assert "The weights are random (seed 3): this network has learned nothing yet." in out
    assert "holograd train xor --save xor.safetensors" in out
    others = [run(f"explain xor --row 1,1 --seed {seed}")[1].split("\n")[0] for seed in (3, 4)]
    assert others[0] != others[1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("and --row 3", "For (1, 1) the answer should be 1"),
        (
            "moons --row 0.5,0.2,1",
            "the answer should be 1. The network gives that a probability of",
        ),
        ("moons --row 7", "the answer should be"),
        ("sine --row 1.5", "For 1.5 the network gives"),
        ("sine --row 1.5,0.9", "the answer should be 0.9"),
        ("sine --row 1.5 --target 0.9", "the answer should be 0.9"),
        ("digits --row 5 --zoom layer", "For these 64 numbers the answer should be 5"),
    ],
)
def test_samples_of_recipes(run, line, words):
    code, out, err = run(f"explain {line}")
    assert (code, err) == (0, "") and words in plain(out)


def test_a_saved_model_of_a_recipe(run, models):
    out = run(f"explain {models}/xor.safetensors --row 1,0")[1]
    assert out.startswith("For (1, 0) the answer should be 1.") and "random" not in out


def test_a_digit_and_one_of_its_outputs(run, digits):
    test = hg.data.digits()[1]
    label = int(test.tensors[1].value[17])
    out = run(f"explain {digits} --row 17 --zoom primitive")[1]
    assert f"the answer should be {label}" in out and f"the right one is {label}" in out
    numbers = ",".join(f"{one:g}" for one in test.tensors[0].value[17])
    out = run(f"explain {digits} --row {numbers} --index 4 --zoom layer")[1]
    network = hg.load(digits).eval()
    wanted = network(hg.tensor(test.tensors[0].value[17:18])).value[0, 4]
    shown = re.search(r"the network gives (−?[\d.]+)\.", out)
    assert shown and float(shown[1].replace("−", "-")) == pytest.approx(wanted, rel=1e-3)
    greatest = plain(run(f"explain {digits} --row {numbers} --zoom model")[1])
    assert "so the greatest output, number" in greatest


def test_a_model_of_ones_own(run, tmp_path):
    model = nn.Sequential(nn.Linear(3, 2))
    next(iter(model.parameters())).data = np.array([[-1, 0, 0], [1, 0, 0]], np.float32)
    hg.save(model, tmp_path / "mine.safetensors")
    out = run("explain mine.safetensors --row 1,2,3,1")[1]
    assert "the answer should be 1" in out and "−log softmax" in out
    hg.save(model, tmp_path / "named.safetensors", classes=["cat", "dog"])
    out = plain(run("explain named.safetensors --row 1,2,3 --target dog")[1])
    assert "The network's answer is dog (class 1), and that is right." in out
    out = plain(run("explain named.safetensors --row 1,2,3 --target cat")[1])
    assert "answer is dog (class 1); the right one is cat (class 0)." in out
    out = plain(run("explain named.safetensors --row 1,2,3 --target dog --loss mse")[1])
    assert "(o − y)²" in out


def test_a_number_before_the_sigmoid_or_softmax_says_so(run, models):
    for options in ("0,1 --index 0", "0,0.5"):
        out = plain(run(f"explain {models}/xor.safetensors --row {options}")[1])
        found = re.search(r"the probability of 1 is σ\((−?[\d.]+)\) = ([\d.]+)\.", out)
        assert found and f"the network gives {found[1]}." in out
        score = float(found[1].replace("−", "-"))
        assert float(found[2]) == pytest.approx(1 / (1 + np.exp(-score)), abs=1e-3)
    out = plain(run("explain moons --row 0.5,0.2 --index 1")[1])
    network = re.search(r"the probability of class 1 is ([\d.]+)\.", out)
    other = plain(run("explain moons --row 0.5,0.2 --index 0")[1])
    second = re.search(r"the probability of class 0 is ([\d.]+)\.", other)
    assert network and second
    assert float(network[1]) + float(second[1]) == pytest.approx(1, abs=1e-3)
    assert "before" not in plain(run("explain xor-lecture --row 0,1 --index 0")[1])
    assert "before" not in plain(run("explain sine --row 1.5")[1])


def test_numbers_that_overflow_inside_the_network(run, models):
    code, out, err = run(f"explain {models}/xor.safetensors --row 3e38,-3e38")
    assert (code, err) == (0, "") and out.startswith("For (3·10³⁸, −3·10³⁸) the network gives")


def test_names_as_formulas_print_them(run):
    assert "With w0 = 2 and x = 3, F is 6." in run('explain "w₀*x" w₀=2 x=3')[1]


# --- bad input ---

# Each a line, the exit code, and words of the message.
BAD = {
    "nothing": ("explain", 2, "Missing argument"),
    "an empty expression": ('explain ""', 1, "the expression is empty"),
    "a missing sign": ('explain "2x" x=1', 1, "a sign is missing after 2. Write 2*x"),
    "a power of another language": ('explain "x^2" x=1', 1, "Write ** for a power"),
    "an attribute": ('explain "x.y" x=1', 1, "names with dots are not allowed"),
    "a call of anything": ('explain "open(x)" x=1', 1, "there is no function open"),
    "missing values": ('explain "w*x" w=1', 1, "x has no value. Give one to each variable"),
    "a value too many": ('explain "w*x" w=1 x=2 b=3', 1, "the expression has no b"),
    "a value twice": ('explain "w*x" w=1 w=2 x=1', 1, "w has two values"),
    "no number": ('explain "w*x" w=1 x=two', 1, "x: 'two' is not a number"),
    "nan": ('explain "w*x" w=1 x=nan', 1, "x: nan is not a finite number"),
    "no equals sign": ('explain "w*x" w 1', 1, "'w' is no value of a variable. Write w=2."),
    "no variables": ('explain "1+2"', 1, "the expression has no variable; its value is 3"),
    "no operation": ('explain "x" x=1', 1, "the expression holds no operation"),
    "too many steps": (f'explain "{"+".join(["x"] * 2500)}" x=1', 1, "at most 2,000 steps"),
    "a row for an expression": ('explain "w*x" w=1 x=2 --row 1', 2, "takes no --row: give its var"),
    "a misspelled recipe": ("explain xor-lectur", 2, "Did you mean 'xor-lecture'?"),
    "no such model": ("explain m.safetensors --row 1", 1, "there is no file m.safetensors"),
    "values for a recipe": ("explain xor-lecture w=1", 2, "is a recipe, which takes no 'w=1'"),
    "no row": ("explain xor-lecture", 1, "takes a sample of 2 numbers. Say which, as in --row 0,1"),
    "a long row": ("explain xor-lecture --row 0,1,1,1", 1, "--row has 4 numbers, and xor-lecture"),
    "a row of words": ("explain xor-lecture --row a,b", 1, "--row: 'a' is not a number"),
    "an empty row": ("explain xor-lecture --row ,", 1, "--row holds no numbers"),
    "no such sample": ("explain xor --row 4", 1, "there is no test sample 4"),
    "half a sample": ("explain digits --row 0.5", 1, "there is no test sample 0.5"),
    "no such output": ("explain moons --row 0,1 --index 2", 1, "there is no output 2"),
    "an output and a loss": ("explain moons --row 0,1 --index 0 --loss mse", 1, "Leave one"),
    "a loss without an answer": ("explain moons --row 0,1 --loss mse", 1, "needs the right answer"),
    "no such class": ("explain moons --row 0,1,5", 1, "there is no class 5"),
    "cross-entropy of a number": (
        "explain sine --row 0,1 --loss cross-entropy", 1, "compares probabilities",
    ),
    "a perceptron": ("explain perceptron-and --row 0,1", 1, "cannot be explained by gradients"),
    "another level": ("explain xor-lecture --row 0,1 --zoom deep", 2, "there is no level 'deep'"),
    "another loss": ("explain xor-lecture --row 0,1 --loss l1", 2, "there is no loss 'l1'"),
    "another language": ("explain xor-lecture --row 0,1 --lang de", 2, "no language 'de'"),
    "another ending": ("explain xor-lecture --row 0,1 --save x.gif", 2, "x.gif ends in .gif"),
    "into no folder": ("explain xor-lecture --row 0,1 --save none/x.svg", 1, "there is no folder"),
    "steps as JSON": ("explain xor-lecture --row 0,1 --step --json", 2, "give one of them"),
    "a file that is no model": ("explain notes.txt --row 1", 1, "notes.txt is no trained model"),
    "a file of facts": ("explain notes.json --row 1", 1, "notes.json is no trained model"),
    "a table": (
        "explain notes.csv --row 1", 1, "is a table, and no trained model. Train one: holograd tr",
    ),
    "no such table": ("explain none.csv --row 1", 1, "there is no file none.csv"),
    "a damaged model": ("explain cut.safetensors --row 1", 1, "not a safetensors file"),
    "beyond float32": ("explain xor --row 1e39,1", 1, "--row: 1e39 is too large"),
    "far beyond float32": ("explain xor --row -1e308,1", 1, "--row: -1e308 is too large"),
    "a target beyond float32": ("explain xor --row 0,1 --target 1e39", 1, "--target: 1e39 is too"),
    "over its own model": ("explain notes.json --save notes.json", 2, "would overwrite"),
    "a seed for a model": ("explain {models}/xor.safetensors --row 0,1 --seed 1", 2, "no --seed"),
    "no row of a table": ("explain {models}/people.safetensors", 1, "takes a row of its table"),
    "a cell too many": ("explain {models}/people.safetensors --row 1,a,yes,4", 1, "has 4 cells"),
    "a column missing": ("explain {models}/people.safetensors --row age=3", 1, "has no 'town':"),
    "a column missing and another": (
        "explain {models}/people.safetensors --row age=3,shoe=4", 1,
        "--row has no 'town', and no column is called 'shoe'",
    ),
    "a column misspelled": (
        "explain {models}/people.safetensors --row age=3,towm=a", 1, "Is 'towm' meant to be 'town'",
    ),
    "a column twice": ("explain {models}/people.safetensors --row age=3,age=4", 1, "'age' twice"),
    "another column": (
        "explain {models}/people.safetensors --row age=3,town=a,shoe=4", 1,
        "--row: no column is called 'shoe'",
    ),
    "text for numbers": ("explain {models}/people.safetensors --row old,a", 1, "age: 'old' is not"),
    "an infinite cell": ("explain {models}/people.safetensors --row 1e999,a", 1, "not a finite"),
    "a target of text": ("explain {models}/numbers.safetensors --row 3,abc", 1, "y: 'abc' is not"),
    "a large target": ("explain {models}/numbers.safetensors --row 3,1e308", 1, "y: 1e308 is too"),
    "a strange label": (
        "explain {models}/people.safetensors --row 3,a --target maybe", 1,
        "--target: answer has no class 'maybe': the classes are 'no', 'yes'",
    ),
    "weights alone": ("explain weights.safetensors --row 1", 1, "holds weights without a network"),
    "a check of too much": ("explain digits --row 0 --check", 1, "numbers to move"),
    "an advice for the command": ("explain digits --row 0 --check", 1, "Leave out --check, or"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_gets_one_clear_message(run, request, capsys, tmp_path, kind):
    line, code, words = BAD[kind]
    if "{models}" in line:
        line = line.format(models=request.getfixturevalue("models"))
        capsys.readouterr()  # what training them said, where this test is the first to need them
    (tmp_path / "notes.txt").write_text("no model")
    (tmp_path / "notes.json").write_text("{}")
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    (tmp_path / "cut.safetensors").write_text("no model")
    hg.save(nn.Linear(1, 1).state_dict(), tmp_path / "weights.safetensors")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    found, out, err = run(line)
    assert (found, out) == (code, ""), plain(err)
    assert words in plain(err)
    assert "Traceback" not in err and "defect in holograd" not in err
    assert err.startswith("error:" if code == 1 else "Usage:")
    assert code == 2 or "\n" not in err.strip() or err.rstrip().endswith("^")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_spot_is_marked_under_the_expression(run):
    _, _, err = run('explain "w*x + sigmod(b)" w=1 x=1 b=1')
    assert err.splitlines()[1:] == ["  w*x + sigmod(b)", "        ^^^^^^"]


def test_the_lists_of_the_command_are_those_of_the_explanation():
    from holograd.cli import explain as command
    from holograd.explanation import records
    from holograd.explanation.words import texts

    assert (command.LEVELS, command.LANGUAGES) == (records.LEVELS, texts.LANGUAGES)


def test_help_shows_examples(run):
    code, out, _ = run("explain --help")
    assert code == 0 and "holograd explain xor-lecture --row 0,1 --step" in plain(out)


def test_the_page_says_where_the_lecture_rounds(cli, tmp_path):
    page, facts = tmp_path / "xor.html", tmp_path / "xor.json"
    code, *_ = cli(f"explain xor-lecture --row 0,0 --save {page} --save {facts}")
    assert code == 0
    (note,) = json.loads(facts.read_text("utf-8"))["notes"]
    for lang in ("en", "ko"):
        assert "−5" in note[lang] and "−4.4820" in note[lang]
    assert "−4.4820" in page.read_text("utf-8")
