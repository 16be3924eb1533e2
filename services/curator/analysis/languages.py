"""Function words of common languages: they carry no content, and they give the language of a text away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

_BY_LANGUAGE = {
    "en": "a about after all also an and any are as at be been before but by can could did do does each for from had "
    "has have he her his how i if in into is it its may more most must no not of on one only or other our out over "
    "own same she should so some such than that the their them then there these they this those to under up use used "
    "was we were what when where which while who will with would you your",
    "de": "aber alle als also am an auch auf aus bei bis da damit dann das dass dem den der des die dies diese dieser "
    "dieses doch durch ein eine einem einen einer eines er es für hat haben ich ihr ihre im in ist ja kann können man "
    "mehr mit muss müssen nach nicht noch nur ob oder ohne sein sie sich sind so über um und uns unter vom von vor war "
    "was wenn werden wie wir wird zu zum zur",
    "fr": "à au aux avec ce ces cette comme dans de des doit du elle elles en entre est et être il ils je la le les "
    "leur lorsque mais ne nous ou où par pas peut plus pour qu que qui sa sans se ses si son sont sous sur un une vos "
    "votre vous y",
    "es": "a al antes así como con cuando de debe del desde donde e el ella en entre es esta este esto están fue ha "
    "hay la las le lo los más no nos o para pero por puede que qué se ser si sin sobre son su sus también tiene todo "
    "todos un una usted y ya",
    "it": "a ai al alla anche che ci come con da dal dalla dei del della delle deve di dove e è essere gli ha i il in "
    "la le lo ma nel nella non o ogni per però più può quando questa questo se si sono su sua sul suo tra un una uno",
    "pt": "a ao aos as até com como da das de deve do dos e é ela ele em entre essa esse esta este foi há isso já mais "
    "mas na nas no nos não o os ou para pela pelo pode por quando que se ser seu sua são também tem um uma você",
    "nl": "aan al als bij dan dat de deze die dit door een en er het hij hoe ik in is je kan maar meer met moet naar "
    "niet nog of om onder ons ook op over te tot uit van voor waar wat we werd wij worden wordt zal ze zich zij zijn",
    "pl": "a albo ale aby bez być czy dla do gdy go i ich jak jako jego jej jest jeśli już każdy która które który "
    "lub ma może na nie o od oraz po pod przed przez przy się są ta tak tego ten to tylko tym w we z za ze że",
}
_WORDS = {language: frozenset(words.split()) for language, words in _BY_LANGUAGE.items()}
FUNCTION_WORDS: frozenset[str] = frozenset(word for words in _WORDS.values() for word in words)
RECOGNISED = frozenset(_BY_LANGUAGE)
_ENOUGH = 0.12  # share of a text's words that must be function words of its language
_AHEAD = 1.3  # and how far ahead of the second language
_SCRIPTS = (
    ("ja", "\u3040", "\u30ff"),
    ("zh", "\u4e00", "\u9fff"),
    ("ru", "\u0400", "\u04ff"),
    ("ko", "\uac00", "\ud7af"),
)


def language_of(words: Sequence[str]) -> str:
    """The language (two letters) in which these folded words are written; empty when it is not clear."""
    if not words:
        return ""
    signs = Counter(word[0] for word in words)
    for language, first, last in _SCRIPTS:
        if sum(count for sign, count in signs.items() if first <= sign <= last) > len(words) * 0.3:
            return language
    counts = Counter(words)
    shares = sorted(
        ((sum(counts[word] for word in known) / len(words), language) for language, known in _WORDS.items()),
        reverse=True,
    )
    (best, language), (second, _) = shares[:2]
    return language if best >= _ENOUGH and best >= _AHEAD * second else ""
