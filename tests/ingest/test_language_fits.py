"""How well the model knows the languages of the documents is measured by ingestion, and searches go by it."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ingest.storing.language_fits import StoredPassage, fit_of, sentence_of
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.language_fit import COSINE_PARTS
from knowledge_base.search import Question, SearchFilter, SearchOutcome, search

if TYPE_CHECKING:
    from conftest import KnowledgeBase

ENGLISH = {
    "printer": "The printer stands on the second floor. "
    "Open the rear flap when paper is jammed. Toner lies in the cupboard.",
    "leave": "Employees have thirty days of holiday. "
    "They ask for leave two weeks before it. Unused days expire in March.",
    "oven": "The bread is baked for an hour. "
    "The oven must be heated first. Flour and water are mixed with yeast.",
    "river": "The river rises in the mountains. "
    "In spring it floods the meadows. Salmon swim upstream to spawn.",
    "telescope": "The telescope shows the rings of Saturn. "
    "Its mirror is as wide as a door. Astronomers clean it each year.",
    "football": "The team won the cup last summer. "
    "Their goalkeeper saved a penalty. Fans sang until midnight.",
    "bank": "The bank charges no fee for the account. "
    "Transfers arrive on the next day. Cards are blocked by telephone.",
    "tiger": "Tigers hunt alone and at night. "
    "A cub stays with its mother for two years. Their stripes hide them in grass.",
    "violin": "The violin has four strings. "
    "Its bow is made of horsehair. Old instruments from Cremona are famous.",
    "bridge": "The bridge hangs from steel cables. "
    "Lorries must not cross it in storms. It was opened by the queen.",
}
CHINESE = {
    "printer": "打印机放在二楼的走廊里。卡纸时请打开后盖并取出纸张。墨粉盒存放在旁边的柜子里。",
    "leave": "每位员工每年享有三十天带薪假期。休假须提前两周向主管申请。未使用的假期在三月底失效。",
    "oven": "面包需要烘烤一个小时。烤箱必须事先预热。面粉和水要与酵母混合均匀。",
    "river": "这条河发源于北方的高山。春天河水会淹没两岸的草地。鲑鱼逆流而上产卵。",
    "telescope": "望远镜可以看到土星的光环。它的镜面和门一样宽。天文学家每年清洁一次镜面。",
    "football": "球队去年夏天赢得了奖杯。守门员扑出了一个点球。球迷们一直唱到午夜。",
    "bank": "银行对账户不收取任何费用。转账第二天就能到账。丢失的银行卡可以电话挂失。",
    "tiger": "老虎总是在夜里独自捕猎。幼虎跟随母亲生活两年。条纹帮助它们隐藏在草丛中。",
    "violin": "小提琴一共有四根弦。琴弓是用马尾毛制成的。克雷莫纳的古老乐器非常有名。",
    "bridge": "大桥悬挂在钢缆上面。暴风雨时卡车不得通过大桥。女王亲自为大桥剪彩。",
}


async def sync(kb: "KnowledgeBase", tmp_path: Path, embedder: SentenceTransformerEmbedder) -> None:
    for language, texts in (("en", ENGLISH), ("zh", CHINESE)):
        folder = tmp_path / "docs" / language
        folder.mkdir(parents=True)
        for name, text in texts.items():
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
    await kb.sync(tmp_path / "docs", embedder)


async def ask(kb: "KnowledgeBase", embedder: SentenceTransformerEmbedder, text: str) -> SearchOutcome:
    question = Question(text, embedder.embed_query(text), embedder.model_name)
    async with kb.pool.connection() as connection:
        return await search(connection, question, limit=5, min_similarity=0.3, which=SearchFilter())


async def test_the_model_knows_english_and_the_words_lead_in_chinese(
    kb: "KnowledgeBase", tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    await sync(kb, tmp_path, embedder)
    measured = await kb.rows("select language, sentences, passages from language_fits order by language")
    assert measured == [("english", 10, 10), ("zh", 10, 10)]
    english = await ask(kb, embedder, "What do I do when paper is stuck in the printer?")
    chinese = await ask(kb, embedder, "打印机卡纸时怎么办？")
    assert [outcome.hits[0].source for outcome in (english, chinese)] == [
        "docs/en/printer.md",
        "docs/zh/printer.md",
    ]
    assert english.hits[0].cosine_part > 0.5
    assert chinese.hits[0].cosine_part < 0.4
    assert english.hits[0].meaning == pytest.approx(english.hits[0].similarity, abs=0.05)
    assert chinese.hits[0].meaning < chinese.hits[0].similarity - 0.1
    assert min(english.confidence, chinese.confidence) > 0.4
    for beside in ("Who composed the opera about the barber of Seville?", "量子计算机的纠错码是什么？"):
        assert (await ask(kb, embedder, beside)).confidence < 0.15


async def test_a_fit_is_measured_anew_when_the_passages_have_doubled(
    kb: "KnowledgeBase", tmp_path: Path, embedder: SentenceTransformerEmbedder
) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    passages: list[int] = []
    for name, text in ENGLISH.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
        if len(list(folder.iterdir())) in (4, 5, 10):
            await kb.sync(folder, embedder)
            passages += [row[0] for row in await kb.rows("select passages from language_fits")]
    assert passages == [4, 4, 10]
    assert await kb.rows("select sentences > 0 from language_fits") == [(True,)]


def test_a_sentence_is_taken_out_of_a_text_that_goes_on_without_it() -> None:
    for text in (
        ENGLISH["bank"],
        CHINESE["bank"],
        "print('hello world')\nfor line in lines:\n    write(line, end='')",
    ):
        sentence = sentence_of(text)
        assert sentence
        assert sentence in text
        assert len(sentence) <= len(text) / 2
        assert sentence_of(text) == sentence
    assert sentence_of("One sentence that is all there is in the whole passage.") is None
    assert sentence_of("") is None


def test_vectors_that_are_all_alike_divide_by_nothing(embedder: SentenceTransformerEmbedder) -> None:
    vector = embedder.embed_query("the same")
    passages = [
        StoredPassage(number, number, "", text, vector) for number, text in enumerate(ENGLISH.values())
    ]
    fit = fit_of(embedder, passages)
    assert COSINE_PARTS[0] <= fit.cosine_part <= COSINE_PARTS[1]
    assert np.isfinite(fit.usual(np.array([0.3, 1.0]))).all()


def test_cosines_that_find_what_words_find_count_however_much_all_cosines_spread(
    embedder: SentenceTransformerEmbedder,
) -> None:
    texts = list(ENGLISH.values())
    common = embedder.embed_documents(texts).mean(axis=0)
    # Half of them near everything and half of them far from everything: nothing stands out by much.
    passages = [
        StoredPassage(number, number, "", text, common if number % 2 else -common)
        for number, text in enumerate(texts)
    ]
    fit = fit_of(embedder, passages)
    assert fit.middle - fit.unrelated < 0.1
    assert (fit.own - fit.middle) / (fit.middle - fit.unrelated) > 3.5
