package main

import (
	"fmt"
	"testing"
)

func countedIn(text string, most int, pointers ...string) (float64, bool) {
	c := newCounter([][]string{pointers})
	for at := 0; at < len(text); at += most {
		c.feed([]byte(text[at:min(at+most, len(text))]))
	}
	return c.number(0, newRedactor([]string{"774411"}, nil))
}

func TestANumberIsFoundByItsPointerHoweverItsTextIsCut(t *testing.T) {
	for text, wanted := range map[string]float64{
		`{"usage": {"n": 12}}`:                                            12,
		`{"usage":{"n":1.5e2},"x":[1,{"n":3}]}`:                           150,
		"\xef\xbb\xbf" + ` {"a": "\"}{", "usage" : { "m":1, "n" : 7 } } `: 7,
		`{"x": {"usage": {"n": 1}}, "usage": {"n": 2, "k": {"n": 3}}}`:    2,
		`{"us\u0061ge": {"n": 4}}`:                                        4,
		`{"usage": {"n": 1, "n": 2}}`:                                     2,
		`{"x": [[[]], {}, "", null, true, -1], "usage": {"n": 0}}`:        0,
		`{"other": 5}`: 5,
	} {
		for _, most := range []int{1, 2, 3, 7, 1000} {
			if found, ok := countedIn(text, most, "/usage/n", "/other"); !ok || found != wanted {
				t.Errorf("%s in pieces of %d: %v %v", text, most, found, ok)
			}
		}
	}
}

func TestAnItemOfAnArrayIsFound(t *testing.T) {
	if found, ok := countedIn(`[{"n": 1}, {"n": 2}, {"a~/b": 3}]`, 5, "/1/n"); !ok || found != 2 {
		t.Error(found, ok)
	}
	if found, ok := countedIn(`[{"n": 1}, {"n": 2}, {"a~/b": 3}]`, 5, "/2/a~0~1b"); !ok || found != 3 {
		t.Error(found, ok)
	}
}

func TestWhatIsNoJSONOrNoCountHasNone(t *testing.T) {
	for _, text := range []string{
		``, `<html>`, `{"usage": {"n": 1}`, `{"usage": {"n": 1}} {}`, `{"usage": {"n": 1}}]`, `{"usage": {"n": 01}}`,
		`{"usage": {"n": "1"}}`, `{"usage": {"n": -1}}`, `{"usage": {"n": 1e999}}`, `{"usage": {"n": 1},}`, `{"usage": {"n": NaN}}`,
		`{"usage": {"n": 774411}}`, `{"usage": {"n": null}}`, `{"usage": [1]}`, `[1}`, `{"usage": {"n": 1]}`, `{"usage" {"n": 1}}`,
		fmt.Sprintf(`{"usage": {"n": %02000d}}`, 1),
	} {
		if found, ok := countedIn(text, 3, "/usage/n"); ok {
			t.Error(text, found)
		}
	}
}

func TestItHoldsNoLongTextAndNoEndlessDepth(t *testing.T) {
	c := newCounter([][]string{{"/usage/n"}})
	c.feed([]byte(`{"usage": {"`))
	for range 10_000 {
		c.feed([]byte("aaaaaaaaaa"))
	}
	c.feed([]byte(`": 1, "n": 2, "text": "`))
	for range 10_000 {
		c.feed([]byte("bbbbbbbbbb"))
	}
	c.feed([]byte(`"}}`))
	if found, ok := c.number(0, newRedactor(nil, nil)); !ok || found != 2 || cap(c.word) > 4*longestCounted {
		t.Error(found, ok, cap(c.word))
	}
	deep := newCounter([][]string{{"/usage/n"}})
	for range 100_000 {
		deep.feed([]byte("[[[[[[[[[["))
	}
	if len(deep.open) > deepestCounted {
		t.Error(len(deep.open))
	}
}

func TestNumbersOfSeveralAnswersAreAddedAndWhatLacksOneIsCounted(t *testing.T) {
	pointers := [][]string{{"/a"}, {"/b"}}
	sums := make(tally, 2)
	for _, text := range []string{`{"a": 1, "b": 1e308}`, `{"a": 2}`, `{"b": 1e308, "a": 3}`} {
		c := newCounter(pointers)
		c.feed([]byte(text))
		sums.add(c, newRedactor(nil, nil))
	}
	sums.lack()
	if sums[0] != (countedNumber{6, 3, 1}) || sums[1] != (countedNumber{1e308, 1, 3}) {
		t.Error(sums)
	}
}
