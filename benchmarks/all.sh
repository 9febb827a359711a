#!/bin/sh
# Run every benchmark and save the results: benchmarks/all.sh SETTINGS DIR. README.md shows SETTINGS.
# A bar that is missed does not stop the rest; exit code 1 tells.
set -u
settings=${1:?usage: benchmarks/all.sh SETTINGS DIR}
save=${2:?usage: benchmarks/all.sh SETTINGS DIR}
# shellcheck disable=SC1090
. "$settings"
bench=${BENCH:-"$(dirname "$0")/../bin/bench"}

references=""
for file in $REFERENCES; do references="$references --reference $file"; done
jieba="--jieba ${JIEBA:-$PEER_PYTHON}"
peers="--kenlm $KENLM --word-discovery $WORD_DISCOVERY --fastnewwords $FASTNEWWORDS"
peers="$peers --jiagu --peer-python $PEER_PYTHON"

failed=0
run() {
    echo "== $*" >&2
    $bench "$@" --save "$save" || failed=1
}
# The lists in the variables are meant to be split.
# shellcheck disable=SC2086
{
    run startup
    run gate
    run count "$STATUTES" --kenlm "$KENLM"
    run formats "$STATUTES"
    run discover "$MIX_10" $peers $references
    run discover "$MIX_50" $peers --peer-repeat 1 $references
    run scaling --make "$MADE" $CORPORA
    run memory $CORPORA
    run train "$MIX_10" "$MIX_50" --memory 256MB
    run segment "$MIX_10" $jieba --rjieba "${RJIEBA:-$PEER_PYTHON}"
    run latency "$MIX_10" $jieba --rjieba "${RJIEBA:-$PEER_PYTHON}"
    if [ -n "${GOLD:-}" ]; then
        # After --raw and --test stand lists, so the gold texts come first.
        run gold $GOLD --raw $RAW ${TEST:+--test $TEST} $jieba
        run tags $GOLD --raw $RAW ${TEST:+--test $TEST} ${OWN:+--own $OWN}
    fi
    if [ -n "${LMPLZ:-}" ]; then
        run lm "$STATUTES" --lmplz "$LMPLZ" --memory 256MB \
            ${BUILD_BINARY:+--build-binary "$BUILD_BINARY" --kenlm-python "$PEER_PYTHON" --held-out "$MIX_10"}
    fi
    if [ -n "${FILTERED:-}" ]; then
        run filter "$FILTERED" --train $GOOD_TEXTS --kenlm-python "$PEER_PYTHON"
    fi
    if [ -n "${TOKENIZERS:-}" ]; then
        named=""
        for file in $TOKENIZERS; do named="$named --tokenizer $file"; done
        run subwords "$MIX_10" $named
    fi
    if [ -n "${VOCAB:-}" ]; then
        run tokenize "$MIX_10" --vocab "$VOCAB" --base "$BASE_VOCAB" \
            --peer-python "$BERT_PYTHON" --bert4keras "$BERT4KERAS"
    fi
    if [ -n "${EXTENDED:-}" ]; then
        run extend $DOMAINS --tokenizer $EXTENDED
    fi
    if [ -n "${GENSIM_PYTHON:-}" ]; then
        echo "== dimension.py" >&2
        "$GENSIM_PYTHON" "$(dirname "$0")/dimension.py" $DIMENSION --lexicon $SUBJECTS \
            -o "$save/dimension" || failed=1
    fi
    if [ -n "${BEFORE:-}" ]; then
        run versus "$BEFORE" "$MIX_10" $jieba --rjieba "${RJIEBA:-$PEER_PYTHON}" \
            --word-discovery "$WORD_DISCOVERY" --kenlm "$KENLM" --peer-python "$PEER_PYTHON" \
            ${VOCAB:+--vocab "$VOCAB" --base "$BASE_VOCAB" --bert-python "$BERT_PYTHON"} ${LMPLZ:+--lmplz "$LMPLZ"}
    fi
    run spark "$MIX_10" "$MIX_50"
    run slope "$MADE/mixed.all.txt"
    run pathological "$MIX_50"
    run quality $QUALITY $references
    if [ -n "${FIELDS:-}" ]; then
        # FIELDS: texts of a field as NAME=TEXT=LEXICON; LISTS: the other good words.
        named="" lexicons=""
        for field in $FIELDS; do
            name=${field%%=*} rest=${field#*=}
            text=${rest%%=*} lexicon=${rest#*=}
            run recall "$text" --lexicon "$lexicon" --dictionary "$DICTIONARY" --reference $LISTS
            named="$named $name=$text" lexicons="$lexicons $lexicon"
        done
        run fit $named --lexicon $lexicons --dictionary "$DICTIONARY" --reference $LISTS
    fi
}
exit $failed
