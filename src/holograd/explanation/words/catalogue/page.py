"""The words of the page: its bar, zoom rail, clock, tables and dialogs.

The page fills `{name}` in by itself, so that these templates hold plain places alone: no formats,
and no particles after them.
"""

PAGE: dict[str, tuple[str, str]] = {
    # --- bar, rail, drawing ---
    "page.theme": ("Light or dark", "밝게 또는 어둡게"),
    "page.help": ("Keys and signs", "키와 기호"),
    "page.zoom": ("Zoom level", "확대 수준"),
    "page.level_model": ("model", "모델"),
    "page.level_layer": ("layer", "층"),
    "page.level_function": ("function", "함수"),
    "page.level_primitive": ("primitive", "기본 연산"),
    "page.level_scalar": ("scalar", "스칼라"),
    "page.level_steps": ("steps: {count}", "단계 {count}개"),
    "page.level_too_large": (
        "{count} steps at this level; at most 2,000 are shown",
        "이 수준에서는 계산이 {count}단계입니다. 2,000단계까지만 보여 줍니다",
    ),
    "page.limit": (
        "At the {level} level there would be {count} steps; at most 2,000 are shown.",
        "{level} 수준에서는 계산이 {count}단계가 됩니다. 2,000단계까지만 보여 줍니다.",
    ),
    "page.drawing": (
        "The computational graph: values run forward, gradients return",
        "계산 그래프: 값은 앞으로 흐르고 기울기는 되돌아옵니다",
    ),
    "page.table": ("The same numbers as a table", "같은 수를 표로 보기"),
    "page.whole": ("Show the whole", "전체 보기"),
    "page.full_size": ("Show at full size", "제 크기로 보기"),
    # --- the moment ---
    "page.given": ("What is given", "주어진 값"),
    "page.given_text": (
        "Inputs, parameters and targets have their values. The first step computes from them.",
        "입력과 매개변수, 타깃의 값이 주어져 있습니다. 첫 단계는 이 값으로 계산합니다.",
    ),
    "page.through_forward": ("Forward through {step}", "순전파: {step}"),
    "page.through_backward": ("Back through {step}", "역전파: {step}"),
    "page.module": ("module {name}", "모듈 {name}"),
    "page.contribution": ("contribution", "기여분"),
    "page.by_differences": ("by finite differences", "유한 차분"),
    "page.more": ("and {count} more", "그 밖에 {count}개"),
    "page.slopes": ("{rows} × {columns} slopes", "경사 {rows} × {columns}개"),
    "page.too_many": ("too many to show", "너무 많아 생략"),
    "page.several_given": ("several values come out", "결과가 여러 개라 생략"),
    "page.through": ("through {step}", "{step} 쪽에서"),
    "page.sum": ("their sum", "모두 더하면"),
    "page.sum_so_far": ("sum of {place} of {count}", "{count}개 중 {place}개의 합"),
    "page.curve": ("{step}: its slope at {slopes}", "{step}: 경사 {slopes}"),
    "page.slope_at": ("slope at {name}", "{name}에서의 경사"),
    # --- the clock ---
    "page.clock": ("Place in the two passes", "순전파와 역전파에서의 위치"),
    "page.forward": ("forward", "순전파"),
    "page.backward": ("backward", "역전파"),
    "page.at": ("{place} of {count}: {step}", "{count}단계 중 {place}: {step}"),
    "page.of": ("of {count}", "/ {count}단계"),
    "page.reset": ("To the beginning", "처음으로"),
    "page.back": ("One step back", "한 단계 뒤로"),
    "page.play": ("Play", "재생"),
    "page.pause": ("Pause", "멈춤"),
    "page.next": ("One step on", "한 단계 앞으로"),
    "page.end": ("To the end", "끝으로"),
    # --- what is read aloud ---
    "page.announce_level": ("Level {level}, steps: {count}", "{level} 수준, 단계 {count}개"),
    "page.announce_place": ("{place} of {count}", "{count}단계 중 {place}"),
    "page.checks_on": ("The check is shown", "유한 차분 확인을 표시합니다"),
    "page.checks_off": ("The check is hidden", "유한 차분 확인을 숨깁니다"),
    "page.table_on": ("Steps as a table", "단계를 표로 표시합니다"),
    "page.table_off": ("Steps as a drawing", "단계를 그림으로 표시합니다"),
    # --- the table of all steps ---
    "page.column_step": ("step", "단계"),
    "page.column_takes": ("takes", "받는 값"),
    "page.column_gives": ("gives", "내보내는 값"),
    "page.column_gradient_arrives": ("gradient that arrives", "도착한 기울기"),
    "page.column_slope": ("local derivative", "국소 미분"),
    "page.column_contribution": ("contribution", "기여분"),
    # --- dialogs ---
    "page.close": ("Close", "닫기"),
    "page.find": (
        "Name of a value: h₂, w1_12, layers.0.weight",
        "값의 이름: h₂, w1_12, layers.0.weight",
    ),
    "page.find_nothing": ("Nothing has that name.", "그런 이름의 값이 없습니다."),
    "page.help_gate": (
        "A gate has two doors: values go through the upper one, gradients return through the "
        "lower one and are multiplied by the local derivative in it. Colour is sign and size; "
        "yellow is what the text speaks of.",
        "게이트에는 문이 둘 있습니다. 값은 위쪽 문으로 지나가고, 기울기는 아래쪽 문으로 되돌아오며 "
        "그 안의 국소 미분과 곱해집니다. 색은 수의 부호와 크기를 나타내고, 노란색은 지금 설명하는 "
        "곳입니다.",
    ),
    "page.single_keys": ("Listen to single letters and signs", "한 글자 키 쓰기"),
    "page.key_next": ("one step on", "한 단계 앞으로"),
    "page.key_back": ("one step back", "한 단계 뒤로"),
    "page.key_first": ("to the beginning", "처음으로"),
    "page.key_last": ("to the end", "끝으로"),
    "page.key_above": ("the gate above or below", "위나 아래의 게이트로"),
    "page.key_deeper": ("one zoom level deeper", "한 수준 더 자세히"),
    "page.key_shallower": ("one zoom level out", "한 수준 더 넓게"),
    "page.key_enter": ("look inside this step", "이 단계의 안을 보기"),
    "page.key_leave": ("back out", "밖으로 나가기"),
    "page.key_play": ("play or pause", "재생 또는 멈춤"),
    "page.key_check": (
        "the check by finite differences, where it was asked for",
        "유한 차분 확인(요청했을 때)",
    ),
    "page.key_table": ("all steps as a table", "모든 단계를 표로"),
    "page.key_find": ("find a value by its name", "이름으로 값 찾기"),
    "page.key_help": ("this help", "이 도움말"),
}
