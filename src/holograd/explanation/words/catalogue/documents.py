"""The heads and sentences of saved documents: LaTeX, Markdown, and Graphviz."""

DOCUMENTS: dict[str, tuple[str, str]] = {
    "document_title": ("One forward and one backward pass", "순전파와 역전파 한 번"),
    "chain_rule": ("Chain rule", "연쇄 법칙(chain rule)"),
    "chains_shown": (
        "{count:,} chains, summed up by their last links",
        "사슬 {count:,}개를 마지막 고리별로 더했습니다",
    ),
    "tex_compile": (
        "Compile twice with {first} (or {second}), so that the tables find their widths.",
        "표의 너비가 맞도록 {first}(또는 {second})로 두 번 컴파일합니다.",
    ),
    "dot_compile": (
        "Draw with: dot -Tsvg FILE.dot > FILE.svg",
        "그리는 명령: dot -Tsvg FILE.dot > FILE.svg",
    ),
}
