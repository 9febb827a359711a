"""Text of paragraphs + a seed -> documents, a tenth of them garbage of five kinds; each with its kind."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

GOOD = "text"
SHARE = 0.1  # of the documents are garbage, a fifth of that of each kind
# Menus and notices as they stand around articles; written for this benchmark.
PHRASES = [
    "首页",
    "关于我们",
    "联系方式",
    "网站地图",
    "登录",
    "注册",
    "忘记密码",
    "上一页",
    "下一页",
    "返回顶部",
    "打印本页",
    "加入收藏",
    "设为首页",
    "分享到朋友圈",
    "版权所有",
    "未经许可不得转载",
    "本站内容仅供参考",
    "如有侵权请联系删除",
    "点击查看更多",
    "相关阅读",
    "热门推荐",
    "猜你喜欢",
    "扫码关注公众号",
    "下载客户端",
    "阅读全文",
    "展开全部",
    "收起",
    "评论",
    "点赞",
    "举报",
    "订阅",
    "广告",
    "免责声明",
    "隐私政策",
    "用户协议",
    "客服热线",
    "工作时间",
    "技术支持",
    "友情链接",
]
# Ranges of letters of other scripts, from which words are drawn.
SCRIPTS = (
    (0x61, 0x7A),
    (0x430, 0x44F),
    (0x3B1, 0x3C9),
    (0x3041, 0x3093),
    (0xAC00, 0xAE4B),
    (0xE01, 0xE2E),
    (0x627, 0x64A),
    (0x905, 0x939),
)
LEVELS = ("INFO", "WARN", "ERROR", "DEBUG")


def documents(paragraphs: Sequence[str], number: int, seed: int) -> list[tuple[str, str]]:
    """(kind, text) of so many documents, in random order.

    A good one has 1 to 12 paragraphs that follow one another; garbage has about as many characters.
    """
    chance = random.Random(seed)
    found: list[tuple[str, str]] = []
    each = round(number * SHARE / len(KINDS))
    words = sorted({word for text in paragraphs[:2000] for word in _words(text)})
    at = 0
    while len(found) < number - each * len(KINDS):
        size = min(chance.randint(1, 12), chance.randint(1, 12))
        found.append((GOOD, "\n".join(paragraphs[at : at + size])))
        at = (at + size) % (len(paragraphs) - 12)
    good = len(found)
    for kind, make in KINDS.items():
        for _ in range(each):
            like = found[chance.randrange(good)][1]
            found.append((kind, make(chance, like, words)))
    chance.shuffle(found)
    return found


def _words(text: str) -> list[str]:
    """Two to four characters in a row, from the middle of the text: stand for the words that are advertised."""
    middle = len(text) // 2
    return [
        text[middle : middle + size] for size in (2, 3, 4) if text[middle : middle + size].isalpha()
    ]


def _mojibake(chance: random.Random, like: str, words: Sequence[str]) -> str:
    """UTF-8 read as GB 18030 or Latin-1, GB 18030 read as Latin-1 or Big5."""
    written, read = chance.choice(
        [("utf-8", "gb18030"), ("utf-8", "latin-1"), ("gb18030", "latin-1"), ("gb18030", "big5")]
    )
    return like.encode(written).decode(read, "replace").replace("\r", " ").replace("\x85", " ")


def _keywords(chance: random.Random, like: str, words: Sequence[str]) -> str:
    """Thirty words, again and again in another order."""
    own = chance.sample(words, 30)
    made: list[str] = []
    while sum(map(len, made)) < len(like):
        made.append(chance.choice(own))
    return chance.choice(" ,、_|").join(made)


def _boilerplate(chance: random.Random, like: str, words: Sequence[str]) -> str:
    """Menus and notices, block after block, with a date and a number between."""
    block = chance.sample(PHRASES, 12)
    made: list[str] = []
    while sum(map(len, made)) < len(like):
        made.append(" | ".join(block))
        made.append(
            f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02} 共{chance.randint(2, 99)}页"
        )
    return "\n".join(made)


def _other_script(chance: random.Random, like: str, words: Sequence[str]) -> str:
    """Invented words of one script."""
    first, last = chance.choice(SCRIPTS)
    made: list[str] = []
    while sum(map(len, made)) < len(like):
        made.append("".join(chr(chance.randint(first, last)) for _ in range(chance.randint(2, 9))))
    return " ".join(made)


def _machine_list(chance: random.Random, like: str, words: Sequence[str]) -> str:
    """Lines of a log, of a price list or of keys and hashes; the first two with Chinese words in them."""
    word, kind = chance.choice(words), chance.randrange(3)
    made: list[str] = []
    while sum(map(len, made)) < len(like):
        number = chance.randrange(10**9)
        if kind == 0:
            made.append(
                f"[{chance.choice(LEVELS)}] {number % 86400:05} 0x{number:08x} {word} 状态={number % 600}"
            )
        elif kind == 1:
            made.append(
                f"货号 {number:09} {chance.choice(words)} {number % 9999 / 100:.2f} 元 库存 {number % 97}"
            )
        else:
            made.append(f"{number:032x}  /var/data/{number % 977:04}/{number % 89:02}.dat")
    return "\n".join(made)


KINDS: dict[str, Callable[[random.Random, str, Sequence[str]], str]] = {
    "mojibake": _mojibake,
    "keywords": _keywords,
    "boilerplate": _boilerplate,
    "other script": _other_script,
    "machine list": _machine_list,
}
