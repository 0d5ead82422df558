"""Headlines, the heads of tables, the stepping mode, and the notes of the command."""

WHOLE: dict[str, tuple[str, str]] = {
    "headline_target": (
        "For {input} the answer should be {target}.",
        "{input}의 정답은 {target}입니다.",
    ),
    "headline_answer": (
        "The network says {answer}, so the loss is {size}: {loss}.",
        "신경망의 답은 {answer}이므로 손실이 {size}: {loss}.",
    ),
    "headline_share": (
        "The network gives that a probability of {share}, so the loss is {size}: {loss}.",
        "신경망은 정답에 {share}의 확률을 주므로 손실이 {size}: {loss}.",
    ),
    "headline_plain": (
        "The network says {answer}, and the loss is {loss}.",
        "신경망의 답은 {answer}, 손실은 {loss}입니다.",
    ),
    "headline_batch": (
        "For {count} samples the loss is {loss}.",
        "샘플 {count}개의 손실은 {loss}입니다.",
    ),
    "headline_target_alone": ("The answer should be {target}.", "정답은 {target}입니다."),
    "headline_network": (
        "The network gives {result}.",
        "신경망은 {result:을/를} 내보냅니다.",
    ),
    "headline_network_for": (
        "For {input} the network gives {result}.",
        "{input:을/를} 넣으면 신경망은 {result:을/를} 내보냅니다.",
    ),
    "headline_loss": ("The loss is {result}.", "손실은 {result}입니다."),
    "headline_loss_for": (
        "For {input} the loss is {result}.",
        "{input:을/를} 넣으면 손실은 {result}입니다.",
    ),
    "headline_value_for": (
        "For {input}, {name} is {result}.",
        "{input:을/를} 넣으면 {name:은/는} {result}입니다.",
    ),
    "headline_inputs": ("these {count} numbers", "이 수 {count}개"),
    "headline_value": ("{name} is {result}.", "{name:은/는} {result}입니다."),
    "headline_given": (
        "With {given}, {name} is {result}.",
        "{given}일 때 {name:은/는} {result}입니다.",
    ),
    "size_small": ("small", "작습니다"),
    "size_moderate": ("moderate", "중간 정도입니다"),
    "size_large": ("large", "큽니다"),
    "unit_neurons": ("neurons", "뉴런"),
    "unit_numbers": ("numbers", "수"),
    "many_numbers": ("{size} numbers, {low} … {high}", "수 {size}개, {low} … {high}"),
    "equal_numbers": ("{size} numbers, each {number}", "수 {size}개, 모두 {number}"),
    "last_of_list": ("{others} and {last}", "{others}, {last}"),
}

TABLE: dict[str, tuple[str, str]] = {
    "pass_forward": ("Forward pass", "순전파"),
    "pass_backward": ("Backward pass", "역전파"),
    "gradients": ("Gradients", "기울기(gradient)"),
    "head_gate": ("gate", "연산"),
    "head_computes": ("computes", "계산"),
    "head_value": ("value", "값"),
    "head_to": ("to", "받는 값"),
    "head_arriving": ("arriving × local derivative", "도착 × 국소 미분"),
    "head_contribution": ("contribution", "기여분"),
    "sum_so_far": ("{place} of {count}, sum:", "{count}개 중 {place}번째, 합:"),
    "head_check": ("by differences", "유한 차분"),
    "head_name": ("name", "이름"),
    "head_stored": ("in the model", "모델 안의 이름"),
    "head_gradient": ("gradient", "기울기"),
    "stored_transposed": (
        "W is written as in the lecture, XW + b, with a column for each neuron (in × out); the "
        "model stores it transposed (out, in).",
        "W는 강의의 XW + b에서처럼 뉴런마다 한 열로 적습니다(입력 × 출력). 모델에는 전치하여 "
        "(out, in)으로 저장됩니다.",
    ),
    "limit": (
        "The {asked} level would have {count:step|steps}, more than can be shown: this is the "
        "{shown} level.",
        "{asked} 수준은 {count:,}단계나 되어 보여 줄 수 없습니다. {shown} 수준을 보여 줍니다.",
    ),
    "level_model": ("model", "모델"),
    "level_layer": ("layer", "층"),
    "level_function": ("function", "함수"),
    "level_primitive": ("primitive", "기본 연산"),
    "level_scalar": ("scalar", "스칼라"),
}

WALKING: dict[str, tuple[str, str]] = {
    "place_in_pass": ("{place} of {count}", "{count}단계 중 {place}단계"),
    "walk_forward": ("forward", "순전파"),
    "walk_backward": ("backward", "역전파"),
    "walk_keys": (
        "n next  p back  + inside  − outside  / find  c check  ? help  q quit",
        "n 다음  p 이전  + 안으로  − 밖으로  / 찾기  c 확인  ? 도움말  q 끝",
    ),
    "walk_help": (
        "n, → or space: the next step. p or ←: the one before. + and −: zoom in and out, at the "
        "same place in the network. /: go to a parameter or value by its name, such as W1, z or "
        "0.weight. c: show or hide the gradient by finite differences. q: quit.",
        "n, → 또는 스페이스: 다음 단계. p 또는 ←: 이전 단계. +와 −: 신경망의 같은 자리에서 안을 "
        "보거나 밖에서 봅니다. /: W1, z, 0.weight 같은 이름으로 매개변수나 값을 찾아갑니다. "
        "c: 유한 차분으로 구한 기울기를 보이거나 감춥니다. q: 끝냅니다.",
    ),
    "walk_find": ("Go to:", "찾아갈 이름:"),
    "walk_end": (
        "This is the last step: all gradients are known.",
        "마지막 단계입니다. 모든 기울기를 구했습니다.",
    ),
    "walk_start": ("This is the first step.", "첫 단계입니다."),
    "walk_deepest": (
        "This is the deepest level: single numbers.",
        "가장 깊은 수준입니다. 수 하나하나가 보입니다.",
    ),
    "walk_shallowest": (
        "This is the outermost level: the whole model.",
        "가장 바깥 수준입니다. 모델 전체가 보입니다.",
    ),
    "walk_unknown_key": (
        "The key {key} does nothing here. ? names the keys.",
        "{key} 키는 여기서 쓰이지 않습니다. ?를 누르면 키의 뜻이 나옵니다.",
    ),
}

COMMAND: dict[str, tuple[str, str]] = {
    "note_untrained": (
        "The weights are random (seed {seed}): this network has learned nothing yet. To train one "
        "and explain that: {command}",
        "가중치가 무작위입니다(시드 {seed}). 아직 아무것도 학습하지 않은 신경망입니다. 학습시켜서 "
        "설명하려면: {command}",
    ),
    "note_rounding": (
        "The lecture rounds h to {hidden} and gets u = {rounded}; exactly, u is {exact}.",
        "강의에서는 h를 {hidden:으로/로} 반올림하여 u = {rounded:을/를} 얻습니다. 정확한 u는 "
        "{exact}입니다.",
    ),
    "note_features": (
        "The row becomes {count:number|numbers}: {features}",
        "이 행은 수 {count}개가 됩니다: {features}",
    ),
    "note_answer": (
        "The network's answer is {answer} (class {place}).",
        "신경망의 답은 {answer}({place}번 클래스)입니다.",
    ),
    "note_answer_right": (
        "The network's answer is {answer} (class {place}), and that is right.",
        "신경망의 답은 {answer}({place}번 클래스)이고, 정답입니다.",
    ),
    "note_answer_and_target": (
        "The network's answer is {answer} (class {place}); the right one is {target} (class "
        "{right}).",
        "신경망의 답은 {answer}({place}번 클래스), 정답은 {target}({right}번 클래스)입니다.",
    ),
    "note_standardised": (
        "The network computes in standard deviations from the mean: its answer stands for "
        "{target} = {answer}.",
        "신경망은 평균에서 떨어진 정도를 표준 편차 단위로 계산합니다. 그 답은 {target} = "
        "{answer:을/를} 뜻합니다.",
    ),
    "note_standardised_target": (
        "The network computes in standard deviations from the mean: its answer stands for "
        "{target} = {answer}, and the right one for {right}.",
        "신경망은 평균에서 떨어진 정도를 표준 편차 단위로 계산합니다. 그 답은 {target} = "
        "{answer:을/를} 뜻하고, 정답은 {right}입니다.",
    ),
    "note_row": ("The row: {row}.", "행: {row}."),
    "note_row_and_target": (
        "The row: {row}. The right answer: {target} = {answer}.",
        "행: {row}. 정답: {target} = {answer}.",
    ),
    "note_unseen": (
        "{cell} did not occur in column {column} in training: it is 0 in all of the column's "
        "numbers.",
        "{column} 열의 {cell:은/는} 학습할 때 없던 값이므로 그 열의 수가 모두 0이 됩니다.",
    ),
    "note_cut": (
        "{column} = {cell} is beyond the range that the network is given: it is cut off, and "
        "enters as {value}.",
        "{column} = {cell:은/는} 신경망이 받는 범위를 벗어나므로 {value:으로/로} 잘려 들어갑니다.",
    ),
    "note_unknown": (
        "The cell of column {column} is empty, as none was in training: its numbers are 0.",
        "{column} 열의 칸이 비어 있습니다. 학습할 때는 빈칸이 없었으므로 그 수는 0이 됩니다.",
    ),
    "note_before_sigmoid": (
        "The output is the number before σ: the probability of 1 is σ({score}) = {share}.",
        "이 출력은 σ를 지나기 전의 수입니다. 1일 확률은 σ({score}) = {share}입니다.",
    ),
    "note_before_softmax": (
        "The output is a score before softmax: the probability of class {place} is {share}.",
        "이 출력은 소프트맥스를 지나기 전의 점수입니다. {place}번 클래스의 확률은 {share}입니다.",
    ),
    "note_output": (
        "The right answer is not given, so the output is explained instead of the loss.",
        "정답이 주어지지 않았으므로 손실 대신 출력을 설명합니다.",
    ),
    "note_greatest_output": (
        "The right answer is not given, so the greatest output, number {place}, is explained "
        "instead of the loss.",
        "정답이 주어지지 않았으므로 손실 대신 가장 큰 출력({place}번)을 설명합니다.",
    ),
    "wrote": ("Wrote {path}", "{path}에 저장했습니다"),
    "next": ("Next", "다음에 해 볼 것"),
    "next_step": ("go through it step by step", "한 단계씩 따라가 보세요"),
    "next_zoom": ("look deeper: the {level} level", "더 깊이 보세요: {level} 수준"),
    "next_check": ("compare with finite differences", "유한 차분과 견주어 보세요"),
    "next_save": ("a page to click through", "눌러 볼 수 있는 페이지로 저장해 보세요"),
}

INTERFACE = WHOLE | TABLE | WALKING | COMMAND
