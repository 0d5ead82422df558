"""The sentences about single steps of the forward pass: what a gate computes."""

FORWARD: dict[str, tuple[str, str]] = {
    "forward_product": (
        "Each number of {input} is multiplied by its weights in {weight}, and the products that "
        "reach the same neuron are added up: {result}.",
        "{input}의 수마다 {weight}의 가중치를 곱하고, 같은 뉴런으로 가는 곱을 모두 더합니다: "
        "{result}.",
    ),
    "forward_convolution": (
        "Each kernel in {weight} is laid over every place of {input}; there the products are added "
        "up: {result}.",
        "{weight}의 커널을 {input}의 자리마다 놓고, 그곳의 곱을 모두 더합니다: {result}.",
    ),
    "forward_matrix_product": (
        "Rows of {first} are multiplied by columns of {second}: {result}.",
        "{first}의 행과 {second}의 열을 곱합니다: {result}.",
    ),
    "forward_bias": (
        "The bias {bias} is added: {result}.",
        "편향 {bias:을/를} 더합니다: {result}.",
    ),
    "forward_add": ("{terms} add up to {result}.", "{terms:을/를} 더하면 {result}입니다."),
    "forward_add_many": (
        "{count} terms add up to {result}.",
        "항 {count}개를 더하면 {result}입니다.",
    ),
    "forward_sum": (
        "The {count} numbers of {input} add up to {result}.",
        "{input}의 수 {count}개를 모두 더하면 {result}입니다.",
    ),
    "forward_mean": (
        "The mean of the {count} numbers of {input} is {result}.",
        "{input}의 수 {count}개의 평균은 {result}입니다.",
    ),
    "forward_sub": (
        "{first} less {second} is {result}.",
        "{first}에서 {second:을/를} 빼면 {result}입니다.",
    ),
    "forward_mul": (
        "{first} times {second} is {result}.",
        "{first}에 {second:을/를} 곱하면 {result}입니다.",
    ),
    "forward_div": (
        "{first} divided by {second} is {result}.",
        "{first:을/를} {second:으로/로} 나누면 {result}입니다.",
    ),
    "forward_pow": (
        "{first} to the power {second} is {result}.",
        "{first}의 {second}제곱은 {result}입니다.",
    ),
    "forward_square": (
        "{input} squared is {result}.",
        "{input}의 제곱은 {result}입니다.",
    ),
    "forward_cube": (
        "{input} cubed is {result}.",
        "{input}의 세제곱은 {result}입니다.",
    ),
    "forward_log1p": (
        "The natural logarithm of 1 + {input} is {result}.",
        "(1 + {input})의 자연로그 값은 {result}입니다.",
    ),
    "forward_expm1": (
        "The exponential of {input}, less 1, is {result}.",
        "{input}의 지수 함수 값에서 1을 빼면 {result}입니다.",
    ),
    "forward_where": (
        "Where the condition {condition} holds, {first} is taken, elsewhere {second}: {result}.",
        "조건 {condition:이/가} 참인 곳에서는 {first:을/를}, 나머지에서는 {second:을/를} "
        "고릅니다: {result}.",
    ),
    "forward_mask": (
        "Where the mask {mask} is 1, {input} is kept, {kept} of {count} numbers; the others become "
        "0.",
        "{input}의 수 {count}개 중 마스크 {mask:이/가} 1인 {kept}개는 남기고, 나머지는 0으로 "
        "만듭니다.",
    ),
    "forward_dropout": (
        "{kept} of {count} numbers, where the mask is 1, are kept and multiplied by {factor}; the "
        "others become 0.",
        "수 {count}개 중 마스크가 1인 {kept}개는 {factor}배로 하여 남기고, 나머지는 0으로 "
        "만듭니다.",
    ),
    "forward_neg": ("{input} changes its sign: {result}.", "{input}의 부호를 바꿉니다: {result}."),
    "forward_squeezed": (
        "{function} brings {input} between {low} and 1: {result}.",
        "{function:이/가} {input:을/를} {low}에서 1 사이로 옮깁니다: {result}.",
    ),
    "forward_relu_kept": (
        "{input} is above 0, so ReLU keeps it: {result}.",
        "{input:이/가} 0보다 크므로 ReLU는 그대로 내보냅니다: {result}.",
    ),
    "forward_relu_cut": (
        "{input} is not above 0, so ReLU gives 0.",
        "{input:이/가} 0보다 크지 않으므로 ReLU는 0을 내보냅니다.",
    ),
    "forward_relu_some": (
        "ReLU keeps the numbers above 0, {kept} of {count}; the others become 0.",
        "ReLU는 0보다 큰 수 {count}개 중 {kept}개를 그대로 두고, 나머지는 0으로 만듭니다.",
    ),
    "forward_softmax": (
        "softmax turns the scores into probabilities, which add up to 1; the greatest "
        "is {greatest}.",
        "소프트맥스는 점수를 합이 1인 확률로 바꿉니다. 가장 큰 값은 {greatest}입니다.",
    ),
    "forward_greatest": (
        "The greatest of them is taken: {result}.",
        "가장 큰 값을 고릅니다: {result}.",
    ),
    "forward_greatest_each": (
        "Of each group the greatest is taken: {result}.",
        "묶음마다 가장 큰 값을 고릅니다: {result}.",
    ),
    "forward_smallest": (
        "The smallest of them is taken: {result}.",
        "가장 작은 값을 고릅니다: {result}.",
    ),
    "forward_smallest_each": (
        "Of each group the smallest is taken: {result}.",
        "묶음마다 가장 작은 값을 고릅니다: {result}.",
    ),
    "forward_moved": (
        "The numbers stay as they are; their shape becomes {shape}.",
        "수는 그대로이고 모양만 {shape:으로/로} 바뀝니다.",
    ),
    "forward_kept": (
        "The numbers stay as they are: {result}.",
        "수는 그대로입니다: {result}.",
    ),
    "forward_cast": (
        "The numbers are written as {dtype}: {result}.",
        "수를 {dtype:으로/로} 나타냅니다: {result}.",
    ),
    "forward_transposed": (
        "Rows and columns of {input} change places: {result}.",
        "{input}의 행과 열을 맞바꿉니다: {result}.",
    ),
    "forward_permuted": (
        "The dimensions of {input} change their order; the shape becomes {shape}.",
        "{input}의 차원 순서를 바꿉니다. 모양은 {shape:이/가} 됩니다.",
    ),
    "forward_flipped": (
        "The order of the numbers of {input} is turned round: {result}.",
        "{input}의 수를 거꾸로 늘어놓습니다: {result}.",
    ),
    "forward_flipped_rows": (
        "The order of the rows of {input} is turned round: {result}.",
        "{input}의 행 순서를 거꾸로 합니다: {result}.",
    ),
    "forward_flipped_columns": (
        "The order of the columns of {input} is turned round: {result}.",
        "{input}의 열 순서를 거꾸로 합니다: {result}.",
    ),
    "forward_flipped_some": (
        "The order of {input} is turned round along {count:dimension|dimensions}: {result}.",
        "{input}의 순서를 차원 {count}개를 따라 거꾸로 합니다: {result}.",
    ),
    "forward_rolled": (
        "The numbers of {input} move on in a circle: {result}.",
        "{input}의 수를 돌려 가며 자리를 옮깁니다: {result}.",
    ),
    "forward_padded": (
        "Further numbers are set around those of {input}: {result}.",
        "{input}의 둘레에 수를 덧붙입니다: {result}.",
    ),
    "forward_joined": (
        "{inputs} are joined one after the other: {result}.",
        "{inputs:을/를} 차례로 이어 붙입니다: {result}.",
    ),
    "forward_stacked": (
        "Arrays of one shape are stacked along a new dimension: {result}.",
        "모양이 같은 배열을 새 차원을 따라 쌓습니다: {result}.",
    ),
    "forward_repeated": (
        "The numbers are repeated; their shape becomes {shape}.",
        "수를 되풀이하여 모양이 {shape:이/가} 됩니다.",
    ),
    "forward_patches": (
        "{input} is cut into patches, that may overlap: {result}.",
        "{input:을/를} 패치로 나눕니다. 패치는 겹칠 수 있습니다: {result}.",
    ),
    "forward_picked": ("One number is picked: {result}.", "수 하나를 고릅니다: {result}."),
    "forward_picked_some": (
        "Some of the numbers are picked: {result}.",
        "수 가운데 일부를 고릅니다: {result}.",
    ),
    "forward_picked_places": (
        "Numbers are picked by their places: {result}.",
        "자리를 보고 수를 고릅니다: {result}.",
    ),
    "forward_picked_one": (
        "Of {input} one number is picked, {element}: {result}.",
        "{input}에서 수 하나, {element:을/를} 고릅니다: {result}.",
    ),
    "forward_layer": (
        "{layer} takes {inputs} and gives {result}.",
        "{layer:이/가} {inputs:을/를} 받아 {result:을/를} 내보냅니다.",
    ),
    "forward_function": (
        "The {function} of {input} is {result}.",
        "{input}의 {function} 값은 {result}입니다.",
    ),
    "forward_absolute": (
        "The absolute value of {input} is {result}.",
        "{input}의 절댓값은 {result}입니다.",
    ),
    "forward_alone": (
        "There is one number alone, which stays as it is: {result}.",
        "수가 하나뿐이므로 그대로입니다: {result}.",
    ),
    "forward_other": ("{name}: {result}.", "{name}: {result}."),
    "forward_loss": (
        "The loss compares {input} with the target {target}: {result}.",
        "손실은 {input:을/를} 타깃 {target:와/과} 비교합니다: {result}.",
    ),
    "forward_loss_share": (
        "The network gives the right answer a probability of {share}; the loss is −ln of that: "
        "{result}.",
        "신경망은 정답에 {share}의 확률을 줍니다. 손실은 그 확률의 −ln입니다: {result}.",
    ),
    "forward_loss_squared": (
        "{input} misses the target {target} by {difference}; the loss is its square: {result}.",
        "{input:은/는} 타깃 {target:와/과} {difference}만큼 다릅니다. 손실은 그 제곱입니다: "
        "{result}.",
    ),
}
