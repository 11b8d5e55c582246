"""Documents in reStructuredText, AsciiDoc, Org and LaTeX."""

import pytest

from parsing.document import ParsedDocument
from parsing.source import parse

Placed = list[tuple[tuple[str, ...], str]]


def read(name: str, text: str) -> ParsedDocument:
    return parse(text.encode(), f"src/{name}")


def placed(document: ParsedDocument) -> Placed:
    return [(block.heading_path, block.text) for block in document.blocks]


@pytest.mark.parametrize(
    ("name", "text", "title", "expected"),
    [
        ("a.rst", ".. _top:\n\n=====\nGuide\n=====\n\nUse\n---\n\nText.\n", "Guide", [(("Use",), "Text.")]),
        (
            "a.rst",
            "Go\n==\n\nA game.\n\nAI\n--\n\nIt plays.\n",
            "Go",
            [((), "A game."), (("AI",), "It plays.")],
        ),
        (
            "a.rst",
            "Guide\n=====\n\n.. warning:: Hot.\n\n   Wear gloves::\n\n      run()\n\nDone.\n",
            "Guide",
            [((), "**Warning: Hot.**"), ((), "Wear gloves:"), ((), "```\nrun()\n```"), ((), "Done.")],
        ),
        (
            "a.rst",
            "T\n=\n\n.. list-table:: Rates\n\n   * - A\n     - B\n   * - 1\n     - 2\n\n=== ===\nA   B\n=== "
            "===\n1   2\n=== ===\n",
            "T",
            [((), "**Rates**"), *[((), "| A | B |\n| --- | --- |\n| 1 | 2 |")] * 2],
        ),
        (
            "a.rst",
            "T\n=\n\n.. code-block:: py\n   :linenos:\n\n   x = 1\n\n.. function:: f(x)\n\n   Does it.\n",
            "T",
            [((), "```py\nx = 1\n```"), ((), "**f(x)**"), ((), "Does it.")],
        ),
        (
            "a.rst",
            "T\n=\n\n.. list-table::\n\n   * - A\n     - B\n   * - - x\n       - y\n     -\n",
            "T",
            [((), "| A | B |\n| --- | --- |\n| - x - y |  |")],
        ),
        (
            "a.rst",
            "T\n=\n\n=== ===\nA   B\n=== ===\n1   2\n\\   3\n=== ===\n",
            "T",
            [((), "| A | B |\n| --- | --- |\n| 1 | 2 |\n|  | 3 |")],
        ),
        ("a.rst", "Lift 3 is out\n=============\n", "Lift 3 is out", [((), "Lift 3 is out")]),
        (
            "a.rst",
            "T\n=\n\n- One\n\n  .. code:: sh\n\n     make\n\n  .. note:: Two\n",
            "T",
            [((), "- One"), ((), "```sh\nmake\n```"), ((), "**Note: Two**")],
        ),
        (
            "a.adoc",
            "= Kilns\n:temp: 1200 C\n\n== Firing\n\nHeat to {temp}. // inline\n\n[source,bash]\n----\n== no "
            "heading\n"
            '\n# second\n----\n\n[cols="1,1"]\n|===\n|Glaze |Time\n\n|Blue |4 h\n|===\n\nNOTE: Gloves.\n',
            "Kilns",
            [
                (("Firing",), "Heat to 1200 C. // inline"),
                (("Firing",), "```bash\n== no heading\n\n# second\n```"),
                (("Firing",), "| Glaze | Time |\n| --- | --- |\n| Blue | 4 h |"),
                (("Firing",), "NOTE: Gloves."),
            ],
        ),
        (
            "a.asciidoc",
            "= T\n\n[WARNING]\n====\nHot.\n\n* one\n====\n\n.Steps\n. First\n+\nmore\n",
            "T",
            [
                ((), "**Warning**"),
                ((), "Hot."),
                ((), "* one"),
                ((), "**Steps**"),
                ((), "1. First"),
                ((), "more"),
            ],
        ),
        (
            "a.adoc",
            '= T\n\n[%header,format=csv]\n|===\nA,B\n"1, 2",3\n|===\n\n,===\nC,D\n4,5\n,===\n\n'
            "|===\n|Area |Class\n.2+|North |x\n|y\n2+|both\n|===\n",
            "T",
            [
                ((), "| A | B |\n| --- | --- |\n| 1, 2 | 3 |"),
                ((), "| C | D |\n| --- | --- |\n| 4 | 5 |"),
                ((), "| Area | Class |\n| --- | --- |\n| North | x |\n| North | y |\n| both | both |"),
            ],
        ),
        (
            "a.tex",
            "\\title{T}\\begin{document}\\begin{enumerate}\\item One"
            "\\begin{enumerate}\\item Deep\\end{enumerate}\\item Two\\end{enumerate}Text."
            "\\begin{enumerate}[label=(\\roman*), start=4]\\item Four\\item[x] Five\\end{enumerate}"
            "\\begin{itemize}\\item Dot\\end{itemize}\\end{document}",
            "T",
            [
                ((), "1. One\na. Deep\n2. Two"),
                ((), "Text.\niv. Four\n- x: Five\n- Dot"),
            ],
        ),
        (
            "a.org",
            "#+TITLE: T\n#+ATTR_HTML: :alt The old pier :width 5\n[[https://x.example/a.png][]]\n",
            "T",
            [((), "The old pier"), ((), "[[https://x.example/a.png][]]")],
        ),
        (
            "a.org",
            "#+TITLE: T\n* TODO One :tag:\n#+BEGIN_SRC py\n* no heading\n#+END_SRC\n| A | B |\n|---+---|\n| "
            "1 | 2 |\n",
            "T",
            [(("One",), "```py\n* no heading\n```"), (("One",), "| A | B |\n| --- | --- |\n| 1 | 2 |")],
        ),
        (
            "a.tex",
            "\\title{On \\emph{slow} pumps}\n\\begin{document}\n\\maketitle\n\\section{Intro}\\label{sec:i}\n"
            "Slow.\n"
            "\\section[Short]{Methods of measuring}\n50\\% load. % not this\n"
            "\\subsection{Set-up \\texttt{A}} \\label{sec:a}\n\\begin{verbatim}\nx = 5 % keep this\n"
            "\\end{verbatim}\n"
            "\\end{document}\n",
            "On slow pumps",
            [
                (("Intro",), "Slow."),
                (("Methods of measuring",), "50% load."),
                (("Methods of measuring", "Set-up A"), "```\nx = 5 % keep this\n```"),
            ],
        ),
        (
            "a.tex",
            "\\begin{document}\n\\section{S}\nCaf\\'e, $a_1 \\% b$.\n\\begin{itemize}\n\\item "
            "One\\footnote{Note.}\n"
            "\\item Two\n\\end{itemize}\n\\begin{tabular}{l|r}\n\\hline\nA & B \\\\\n1 & 2 \\& 3 \\\\\n"
            "\\end{tabular}\n",
            "S",
            [
                ((), "Café, $a_1 \\% b$.\n- One [Note: Note.]\n- Two"),
                ((), "| A | B |\n| --- | --- |\n| 1 | 2 & 3 |"),
            ],
        ),
        (
            "a.tex",
            "\\newcommand{\\firm}{Acme \\emph{Ltd}}\n\\newcommand\\sold[2]{#1 sells #2}"
            "\\def\\both{\\firm{} and Co}\n"
            "\\author{Ann \\and Bo}\n\\begin{document}\n\\section{S}\n"
            "\\sold{\\both}{a \\textcolor{red}{red} kiln} of "
            "\\SI{5}{\\kilo\\metre\\per\\hour}, see \\url{https://x.example/a%20b} and more.\n\n"
            "\\begin{lstlisting}[language=C,caption={A loop}]\nint x; % kept\n\\end{lstlisting}\n"
            "\\begin{tabular}{ll}\nA & B \\\\\n"
            "\\multirow{2}{*}{North} & x \\\\\n & y \\\\\n & z\n\\end{tabular}\n",
            "S",
            [
                (
                    (),
                    "Acme Ltd and Co sells a red kiln of 5 kilometre per hour, see "
                    "https://x.example/a%20b and more.",
                ),
                ((), "A loop"),
                ((), "```\nint x; % kept\n```"),
                ((), "| A | B |\n| --- | --- |\n| North | x |\n| North | y |\n|  | z |"),
            ],
        ),
    ],
)
def test_structure_is_read_as_the_markup_means_it(name: str, text: str, title: str, expected: Placed) -> None:
    document = read(name, text)
    assert document.title == title
    assert placed(document) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.rst", "See `the form <https://x.example/f>`_."),
        ("a.rst", "See `the form`_.\n\n.. _the form: https://x.example/f\n"),
        ("a.adoc", "See https://x.example/f[the form]."),
        ("a.adoc", "See link:https://x.example/f[the form,window=_blank]."),
        ("a.org", "See [[https://x.example/f][the form]]."),
        ("a.tex", "See \\href{https://x.example/f}{the form}."),
    ],
)
def test_links_are_their_words_and_their_address(name: str, text: str) -> None:
    assert placed(read(name, text)) == [((), "See the form (https://x.example/f).")]


@pytest.mark.parametrize(
    ("name", "text", "notes"),
    [
        (
            "a.rst",
            "x\n\n.. a comment\n\n.. toctree::\n\n   a\n",
            ("comments: 1 left out", "lists of other pages: 1 left out"),
        ),
        (
            "a.adoc",
            "x\n\n// a comment\n\ninclude::b.adoc[]\n",
            ("comments: 1 left out", "included files: 1 left out"),
        ),
        (
            "a.org",
            "x\n# a comment\n:PROPERTIES:\n:ID: 1\n:END:\n",
            ("comments: 1 left out", "properties of headings: 1 left out"),
        ),
        (
            "a.org",
            "#+TITLE: T\n* DONE x :shop:\n",
            ("states of tasks: 1 left out", "tags of headings: 1 left out"),
        ),
        ("a.rst", "x\n\n.. csv-table::\n   :file: b.csv\n", ("included files: 1 left out",)),
        (
            "a.tex",
            "x % a comment\n\\input{b}\\includegraphics{c}\n",
            ("comments: 1 left out", "included files: 1 left out", "pictures: 1 left out"),
        ),
    ],
)
def test_what_is_left_out_is_counted(name: str, text: str, notes: tuple[str, ...]) -> None:
    document = read(name, text)
    assert [block.text for block in document.blocks] == ["x"]
    assert document.notes == notes


@pytest.mark.parametrize("name", ["a.rst", "a.adoc", "a.org", "a.tex"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "=" * 50_000,
        ".. " * 20_000,
        "\\section{" * 5_000,
        "[[" * 20_000,
        "`" * 50_000,
        "|" * 50_000,
        "{a}" * 20_000,
        ",===\n" + "x" * 200_000,
        "\\newcommand{\\a}{" + "\\b" * 900 + "}\\newcommand{\\b}{" + "\\c" * 900 + "}" + "\\a" * 900,
        "\\def\\a" * 10_000,
        ".. csv-table::\n\n   " + "x" * 200_000,
    ],
    ids=range(12),
)
def test_a_hostile_text_is_read_and_nothing_more(name: str, text: str) -> None:
    assert len(read(name, text).blocks) < 20_000
