"""The sentences about single steps of the backward pass, and about what goes wrong."""

from holograd.explanation.words.catalogue.forward import FORWARD

BACKWARD: dict[str, tuple[str, str]] = {
    "backward_start": (
        "The backward pass begins at {output}, with 1.",
        "역전파는 {output}에서 1로 시작합니다.",
    ),
    "backward_nothing": (
        "The gradient that arrives is 0, so nothing flows back from here.",
        "도착한 기울기가 0이므로 여기서는 아무것도 흘러가지 않습니다.",
    ),
    "backward_slope": (
        "What arrives at {output} is multiplied by the slope of {function} at {input}.",
        "{output}에 도착한 기울기에 {input}에서의 {function} 경사를 곱합니다.",
    ),
    "backward_slope_number": (
        "{incoming} arrives at {output} and is multiplied by the slope of {function} at {input}, "
        "{slope}: {contribution} flows back.",
        "{output}에 도착한 {incoming}에 {input}에서의 {function} 경사 {slope:을/를} 곱하면 "
        "{contribution:이/가} 되어 흘러갑니다.",
    ),
    "backward_flat_one": (
        "There {function} is nearly flat: {share} of the gradient gets through.",
        "그곳에서 {function:은/는} 거의 평평합니다. 기울기의 {share}만 통과합니다.",
    ),
    "backward_flat_two": (
        "Both {units} sit where {function} is nearly flat: {first} and {second} of the gradient "
        "gets through.",
        "두 {units} 모두 {function:이/가} 거의 평평한 곳에 있습니다. 기울기의 {first:와/과} "
        "{second}만 통과합니다.",
    ),
    "backward_flat_all": (
        "All {count} {units} sit where {function} is nearly flat: at most {most} of the gradient "
        "gets through.",
        "{units} {count}개가 모두 {function:이/가} 거의 평평한 곳에 있습니다. 기울기는 많아야 "
        "{most} 통과합니다.",
    ),
    "backward_flat_some": (
        "{flat} of {count} {units} sit where {function} is nearly flat, and let little through.",
        "{units} {count}개 중 {flat}개는 {function:이/가} 거의 평평한 곳에 있어 기울기를 거의 "
        "통과시키지 않습니다.",
    ),
    "backward_through_one": (
        "{share} of the gradient gets through.",
        "기울기의 {share:이/가} 통과합니다.",
    ),
    "backward_through_range": (
        "Between {least} and {most} of the gradient gets through.",
        "기울기의 {least}에서 {most:이/가} 통과합니다.",
    ),
    "backward_add": (
        "A sum passes the gradient on unchanged, to {receivers}.",
        "덧셈은 기울기를 바꾸지 않고 {receivers:으로/로} 넘깁니다.",
    ),
    "backward_add_number": (
        "A sum passes the gradient on unchanged: {incoming}, to {receivers}.",
        "덧셈은 기울기 {incoming:을/를} 바꾸지 않고 {receivers:으로/로} 넘깁니다.",
    ),
    "backward_summed": (
        "{value} serves all {count} samples, so what they send back is added up.",
        "{value:은/는} 샘플 {count}개 모두에 쓰이므로, 돌아오는 기울기를 더합니다.",
    ),
    "backward_sub": (
        "A difference passes the gradient on: to {first} unchanged, to {second} with its sign "
        "changed.",
        "뺄셈은 기울기를 {first:으로/로} 그대로 넘기고, {second:으로/로} 부호를 바꾸어 넘깁니다.",
    ),
    "backward_neg": (
        "A change of sign changes the gradient's sign too.",
        "부호를 바꾸면 기울기의 부호도 바뀝니다.",
    ),
    "backward_mul": (
        "A product exchanges its factors: {first} receives the gradient times {second}, and "
        "{second} receives it times {first}.",
        "곱셈은 두 인수를 맞바꿉니다. {first:은/는} 기울기에 {second:을/를} 곱한 값을, "
        "{second:은/는} 기울기에 {first:을/를} 곱한 값을 받습니다.",
    ),
    "backward_mul_one": (
        "{receiver} receives the gradient times the other factor, {factor}.",
        "{receiver:은/는} 기울기에 다른 인수 {factor:을/를} 곱한 값을 받습니다.",
    ),
    "backward_mul_itself": (
        "{value} is both factors, so it receives the gradient times {value} twice.",
        "{value:은/는} 두 인수 모두이므로, 기울기에 {value:을/를} 곱한 값을 두 번 받습니다.",
    ),
    "backward_convolution_input": (
        "Each number of {input} receives, from every place where a kernel covered it, the "
        "gradient there times the kernel's weight.",
        "{input}의 수는 저마다 커널이 덮었던 모든 자리에서 그곳의 기울기에 커널의 가중치를 곱한 "
        "값을 받아 더합니다.",
    ),
    "backward_convolution_weight": (
        "Each weight of {weight} receives, from every place where its kernel lay, the gradient "
        "there times the number of {input} that it met.",
        "{weight}의 가중치는 저마다 커널이 놓였던 모든 자리에서 그곳의 기울기에 맞닿은 {input}의 "
        "수를 곱한 값을 받아 더합니다.",
    ),
    "backward_zero_factor": (
        "Where {input} is 0, its weights receive nothing.",
        "{input:이/가} 0인 곳의 가중치는 아무것도 받지 않습니다.",
    ),
    "backward_relu_open": (
        "{input} is above 0, so ReLU lets the gradient through unchanged.",
        "{input:이/가} 0보다 크므로 ReLU는 기울기를 그대로 통과시킵니다.",
    ),
    "backward_relu_shut": (
        "{input} is not above 0, so ReLU blocks the gradient.",
        "{input:이/가} 0보다 크지 않으므로 ReLU는 기울기를 막습니다.",
    ),
    "backward_relu_some": (
        "ReLU lets the gradient through at {open} of {count} numbers and blocks it at the others.",
        "ReLU는 수 {count}개 중 {open}개에서 기울기를 통과시키고, 나머지에서는 막습니다.",
    ),
    "backward_sum": (
        "A sum passes the gradient on unchanged, to each of its {count} numbers: {incoming}.",
        "합은 기울기 {incoming:을/를} 바꾸지 않고 수 {count}개에 각각 넘깁니다.",
    ),
    "backward_mean": (
        "Each of the {count} numbers of the mean receives the gradient divided by {count}.",
        "평균을 낸 수 {count}개는 각각 기울기를 {count:으로/로} 나눈 값을 받습니다.",
    ),
    "backward_alone": (
        "There is one number alone, which receives the gradient unchanged.",
        "수가 하나뿐이므로 기울기를 그대로 받습니다.",
    ),
    "backward_greatest": (
        "Only what was taken receives the gradient.",
        "고른 값만 기울기를 받습니다.",
    ),
    "backward_repeated": (
        "What returns to the copies of a number is added up.",
        "한 수의 여러 사본으로 돌아온 기울기를 더합니다.",
    ),
    "backward_patches": (
        "The gradient goes back to the places of the patches; where they overlap, it is added up.",
        "기울기는 패치가 있던 자리로 돌아가고, 겹친 곳에서는 더해집니다.",
    ),
    "backward_div": (
        "{first} receives the gradient divided by {second}, and {second} receives it times "
        "−{output}/{second}.",
        "{first:은/는} 기울기를 {second:으로/로} 나눈 값을, {second:은/는} 기울기에 "
        "−{output}/{second:을/를} 곱한 값을 받습니다.",
    ),
    "backward_moved": (
        "The gradient goes back to the places that the numbers came from.",
        "기울기는 수가 원래 있던 자리로 돌아갑니다.",
    ),
    "backward_where": (
        "Where the condition {condition} holds, the gradient goes to {first}, elsewhere to "
        "{second}.",
        "기울기는 조건 {condition:이/가} 참인 곳에서는 {first:으로/로}, 나머지에서는 "
        "{second:으로/로} 흘러갑니다.",
    ),
    "backward_where_true": (
        "The gradient goes to {receiver} only where the condition {condition} holds.",
        "기울기는 조건 {condition:이/가} 참인 곳에서만 {receiver:으로/로} 흘러갑니다.",
    ),
    "backward_where_false": (
        "The gradient goes to {receiver} only where the condition {condition} does not hold.",
        "기울기는 조건 {condition:이/가} 거짓인 곳에서만 {receiver:으로/로} 흘러갑니다.",
    ),
    "backward_mask": (
        "Where the mask {mask} is 1, the gradient goes on to {receiver} unchanged; elsewhere it is "
        "blocked.",
        "마스크 {mask:이/가} 1인 곳에서는 기울기가 그대로 {receiver:으로/로} 흘러가고, "
        "나머지에서는 막힙니다.",
    ),
    "backward_dropout": (
        "Where the mask is 1, {receiver} receives the gradient times {factor}, elsewhere nothing.",
        "마스크가 1인 곳에서는 {receiver:이/가} 기울기의 {factor}배를 받고, 나머지에서는 아무것도 "
        "받지 않습니다.",
    ),
    "backward_through": (
        "The gradient flows back through {name} to {receivers}.",
        "기울기가 {name:을/를} 지나 {receivers:으로/로} 흘러갑니다.",
    ),
    "backward_loss_rises": (
        "At {input} the slope of the loss is {slope}: a smaller {input} makes the loss smaller.",
        "{input}에서 손실의 경사는 {slope}입니다. {input:을/를} 줄이면 손실이 줄어듭니다.",
    ),
    "backward_loss_falls": (
        "At {input} the slope of the loss is {slope}: a larger {input} makes the loss smaller.",
        "{input}에서 손실의 경사는 {slope}입니다. {input:을/를} 키우면 손실이 줄어듭니다.",
    ),
    "backward_loss_level": (
        "At {input} the slope of the loss is 0: no small change of {input} makes it smaller.",
        "{input}에서 손실의 경사는 0입니다. {input:을/를} 조금 바꾸어도 손실이 줄지 않습니다.",
    ),
    "backward_loss_shares": (
        "Each score receives its probability, and the right one its probability less 1: to raise a "
        "score with a negative gradient makes the loss smaller.",
        "점수마다 자기 확률을 받고, 정답의 점수는 확률에서 1을 뺀 값을 받습니다. 기울기가 음수인 "
        "점수를 키우면 손실이 줄어듭니다.",
    ),
    "backward_join": (
        "{value} is used {count} times: this is contribution {place} of {count}, through "
        "{output}, and the sum so far is {total}.",
        "{value:은/는} {count}번 쓰입니다. 이것은 {output:을/를} 지나온 기여분으로 {count}개 중 "
        "{place}번째이고, 지금까지의 합은 {total}입니다.",
    ),
    "backward_join_several": (
        "{value} is used {count} times: these are contributions {first} to {place} of {count}, "
        "through {output}, and the sum so far is {total}.",
        "{value:은/는} {count}번 쓰입니다. 이것은 {output:을/를} 지나온 기여분으로 {count}개 중 "
        "{first}번째에서 {place}번째까지이고, 지금까지의 합은 {total}입니다.",
    ),
    "backward_join_here": (
        "{value} is used {count} times in this step: the sum of the contributions, {total}, is its "
        "gradient.",
        "{value:은/는} 이 단계에서 {count}번 쓰입니다. 기여분을 모두 더한 {total:이/가} {value}의 "
        "기울기입니다.",
    ),
    "backward_join_last": (
        "{value} is used {count} times: this is the last contribution, through {output}, and the "
        "sum of all, {total}, is its gradient.",
        "{value:은/는} {count}번 쓰입니다. {output:을/를} 지나온 이것이 마지막 기여분이고, 모두 "
        "더한 {total:이/가} {value}의 기울기입니다.",
    ),
}

PROBLEMS: dict[str, tuple[str, str]] = {
    "problem_division": (
        "Division by zero: {divisor} is 0 here.",
        "0으로 나눕니다: 여기서 {divisor:은/는} 0입니다.",
    ),
    "problem_log_zero": (
        "The logarithm of 0 is −∞: {input} is 0 here.",
        "0의 로그는 −∞입니다: 여기서 {input:은/는} 0입니다.",
    ),
    "problem_log_negative": (
        "A negative number has no logarithm: {input} is {number} here.",
        "음수에는 로그가 없습니다: 여기서 {input:은/는} {number}입니다.",
    ),
    "problem_root": (
        "A negative number has no real root: {input} is {number} here.",
        "음수에는 실수 제곱근이 없습니다: 여기서 {input:은/는} {number}입니다.",
    ),
    "problem_overflow": (
        "The result is too large for a floating-point number: it becomes {result}.",
        "결과가 부동소수점 수로 나타내기에 너무 커서 {result:이/가} 됩니다.",
    ),
    "problem_undefined": (
        "The result is not a number for these inputs.",
        "이 입력에서는 결과가 수가 아닙니다.",
    ),
    "problem_inherited": (
        "{input} is not a finite number, and so neither is this.",
        "{input:이/가} 유한한 수가 아니므로 이 결과도 유한하지 않습니다.",
    ),
    "problem_leaf": (
        "{input} is not a finite number from the start.",
        "{input:은/는} 처음부터 유한한 수가 아닙니다.",
    ),
    "problem_gradient": (
        "The slope at {input} is not a finite number here.",
        "여기서 {input}에서의 경사는 유한한 수가 아닙니다.",
    ),
    "definition_overflows": (
        "The textbook definition overflows or loses its digits here, so that the stable form of "
        "the engine is shown.",
        "여기서는 교과서의 정의가 넘치거나 자릿수를 잃으므로, 엔진이 쓰는 안정된 꼴을 보여 줍니다.",
    ),
}

STEPS = FORWARD | BACKWARD | PROBLEMS
