"""Words that mean the reverse of each other: who takes one for the other says the contrary of the source."""

from __future__ import annotations

_PAIRS = (
    "rise/fall rises/falls rose/fell risen/fallen rising/falling increase/decrease increases/decreases "
    "increased/decreased increasing/decreasing increase/decline increased/declined increasing/declining "
    "grow/shrink grew/shrank grows/shrinks growing/shrinking growth/decline gain/loss gains/losses gain/lose "
    "gained/lost gains/loses win/lose wins/loses won/lost winner/loser winners/losers victory/defeat "
    "more/less more/fewer most/least most/fewest higher/lower highest/lowest high/low greater/smaller "
    "greatest/smallest larger/smaller largest/smallest large/small bigger/smaller biggest/smallest big/small "
    "longer/shorter longest/shortest long/short older/younger oldest/youngest older/newer oldest/newest old/new "
    "earlier/later earliest/latest early/late before/after prior/after above/below over/under upper/lower "
    "maximum/minimum max/min majority/minority major/minor strong/weak stronger/weaker strongest/weakest "
    "strengthen/weaken strengthened/weakened better/worse best/worst good/bad positive/negative "
    "north/south northern/southern northeast/southwest northwest/southeast northeastern/southwestern "
    "northwestern/southeastern east/west eastern/western northward/southward eastward/westward left/right "
    "inside/outside inner/outer interior/exterior internal/external indoor/outdoor front/back top/bottom "
    "up/down upward/downward upstream/downstream near/far nearer/farther nearest/farthest begin/end begins/ends "
    "began/ended beginning/end beginning/ending begin/finish began/finished start/end starts/ends started/ended "
    "start/finish started/finished start/stop started/stopped first/last open/close opens/closes opened/closed "
    "open/closed opening/closing enter/leave enters/leaves entered/left entry/exit arrive/depart arrived/departed "
    "arrives/departs arrival/departure join/leave joined/left joins/leaves come/go import/export imports/exports "
    "imported/exported importer/exporter buy/sell buys/sells bought/sold buyer/seller buyers/sellers lend/borrow "
    "allow/forbid allowed/forbidden allow/ban allowed/banned allows/bans permit/prohibit permitted/prohibited "
    "permits/prohibits legal/illegal lawful/unlawful accept/reject accepts/rejects accepted/rejected "
    "approve/reject approved/rejected approves/rejects confirm/deny confirmed/denied confirms/denies "
    "admit/deny admitted/denied agree/disagree agreed/disagreed agreement/disagreement support/oppose "
    "supports/opposes supported/opposed supporter/opponent supporters/opponents for/against ally/enemy "
    "allies/enemies attack/defend attacked/defended friend/enemy success/failure successful/unsuccessful succeed/fail "
    "succeeded/failed succeeds/fails able/unable capable/incapable include/exclude includes/excludes "
    "included/excluded including/excluding cover/exclude covers/excludes covered/excluded "
    "add/remove added/removed adds/removes create/destroy created/destroyed "
    "creates/destroys build/demolish built/demolished expand/contract expanded/contracted expand/shrink "
    "appear/disappear appeared/disappeared appears/disappears present/absent presence/absence alive/dead "
    "born/died birth/death births/deaths guilty/innocent convicted/acquitted arrested/released rich/poor richer/poorer "
    "wealthy/poor hot/cold hotter/colder hottest/coldest warm/cool warmer/cooler wet/dry wetter/drier heavy/light "
    "heavier/lighter heaviest/lightest fast/slow faster/slower fastest/slowest quick/slow deep/shallow wide/narrow "
    "thick/thin hard/soft hard/easy difficult/easy simple/complex safe/dangerous public/private male/female "
    "men/women man/woman boy/girl boys/girls father/mother fathers/mothers son/daughter sons/daughters brother/sister "
    "brothers/sisters husband/wife husbands/wives king/queen uncle/aunt nephew/niece grandfather/grandmother "
    "parent/child employer/employee teacher/student black/white day/night summer/winter spring/autumn morning/evening "
    "always/never often/rarely frequently/rarely common/rare commonly/rarely usually/rarely all/none everyone/nobody "
    "everything/nothing both/neither same/different similar/different equal/unequal identical/different "
    "true/false correct/incorrect right/wrong possible/impossible likely/unlikely known/unknown "
    "famous/unknown popular/unpopular necessary/unnecessary important/unimportant complete/incomplete "
    "finite/infinite regular/irregular direct/indirect directly/indirectly active/inactive active/passive "
    "dependent/independent stable/unstable odd/even natural/artificial ancient/modern temporary/permanent "
    "temporarily/permanently domestic/foreign local/global national/international rural/urban civilian/military "
    "offensive/defensive voluntary/mandatory voluntary/compulsory optional/mandatory optional/required "
    "liberal/conservative democrat/republican democratic/republican protestant/catholic acid/base solid/liquid "
    "horizontal/vertical parallel/perpendicular ascending/descending clockwise/counterclockwise encourage/discourage "
    "encouraged/discouraged improve/worsen improved/worsened improves/worsens accelerate/slow raise/lower "
    "raised/lowered raises/lowers raise/cut raised/cut expensive/cheap advantage/disadvantage "
    "advantages/disadvantages benefit/harm beneficial/harmful love/hate loved/hated like/dislike liked/disliked "
    "remember/forget peace/war victory/loss cause/prevent causes/prevents caused/prevented hired/fired "
    "appointed/dismissed elected/defeated forward/backward full/empty full/partial fully/partly entirely/partly "
    "with/without within/outside since/until"
).split()


def _table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for pair in _PAIRS:
        one, other = pair.split("/")
        table.setdefault(one, set()).add(other)
        table.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in table.items()}


#: Lower-cased words, each with those that mean the reverse.
OPPOSITES = _table()
