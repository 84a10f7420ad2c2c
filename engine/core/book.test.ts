/** What a book does, as tables. Both books play each of them. */

import { expect, test } from "bun:test";

import type { Render } from "../testing/scenario.ts";
import { play, renderLots, renderMoney, rowsOf } from "../testing/scenario.ts";
import { createBook, createNaiveBook } from "./index.ts";

function check(table: string, render: Render = renderLots): void {
  expect(play(table, createNaiveBook, render)).toEqual(rowsOf(table));
  expect(play(table, createBook, render)).toEqual(rowsOf(table));
}

test("equal prices trade in order of arrival", () =>
  check(`
    a1 sell 1 @ 100  ->  rests 1 @ 100
    b1 sell 1 @ 100  ->  rests 1 @ 100
    c1 buy  1 @ 100  ->  takes 1 from a1 @ 100
  `));

test("better prices trade first, at the maker's price", () =>
  check(`
    a1 sell 2 @ 102  ->  rests 2 @ 102
    b1 sell 2 @ 101  ->  rests 2 @ 101
    c1 sell 2 @ 103  ->  rests 2 @ 103
    d1 buy  5 @ 102  ->  takes 2 from b1 @ 101; takes 2 from a1 @ 102; rests 1 @ 102
    e1 sell 1 @ 90   ->  takes 1 from d1 @ 102
  `));

test("a partly filled maker keeps its place in the queue", () =>
  check(`
    a1 buy  5 @ 100  ->  rests 5 @ 100
    b1 buy  5 @ 100  ->  rests 5 @ 100
    c1 sell 2 @ 100  ->  takes 2 from a1 @ 100
    d1 sell 4 @ 100  ->  takes 3 from a1 @ 100; takes 1 from b1 @ 100
  `));

test("head, middle and tail of a queue can be cancelled and the rest keeps its order", () =>
  check(`
    a1 sell 1 @ 100  ->  rests 1 @ 100
    a2 sell 1 @ 100  ->  rests 1 @ 100
    a3 sell 1 @ 100  ->  rests 1 @ 100
    a4 sell 1 @ 100  ->  rests 1 @ 100
    a5 sell 1 @ 100  ->  rests 1 @ 100
    a cancels a1     ->  a1 cancelled 1 (requested)
    a cancels a3     ->  a3 cancelled 1 (requested)
    a cancels a5     ->  a5 cancelled 1 (requested)
    b1 buy 5 @ 100   ->  takes 1 from a2 @ 100; takes 1 from a4 @ 100; rests 3 @ 100
  `));

test("when the best price is cancelled the next one is the best", () =>
  check(`
    a1 sell 1 @ 100     ->  rests 1 @ 100
    a2 sell 1 @ 101     ->  rests 1 @ 101
    a cancels a1        ->  a1 cancelled 1 (requested)
    b1 buy 1 @ 100 ioc  ->  b1 cancelled 1 (unfilled)
    b2 buy 1 @ 105      ->  takes 1 from a2 @ 101
    b3 buy 1 @ 105      ->  rests 1 @ 105
    a3 sell 1 @ 105     ->  takes 1 from b3 @ 105
  `));

test("an account trades with itself, since self-trade prevention is not there", () =>
  check(`
    a1 sell 1 @ 100  ->  rests 1 @ 100
    a2 buy  1 @ 100  ->  takes 1 from a1 @ 100
  `));

test("immediate-or-cancel takes what is there and never rests", () =>
  check(`
    a1 sell 2 @ 100      ->  rests 2 @ 100
    a2 sell 2 @ 101      ->  rests 2 @ 101
    b1 buy 3 @ 100 ioc   ->  takes 2 from a1 @ 100; b1 cancelled 1 (unfilled)
    b2 buy 2 @ 101 ioc   ->  takes 2 from a2 @ 101
    b3 buy 2 @ 101 ioc   ->  b3 cancelled 2 (unfilled)
  `));

test("fill-or-kill fills whole or is refused, to the lot", () =>
  check(`
    a1 sell 2 @ 100      ->  rests 2 @ 100
    a2 sell 2 @ 101      ->  rests 2 @ 101
    a3 sell 9 @ 102      ->  rests 9 @ 102
    b1 buy 5 @ 101 fok   ->  rejected FOK_NOT_FILLABLE
    b2 buy 4 @ 101 fok   ->  takes 2 from a1 @ 100; takes 2 from a2 @ 101
    b3 buy 1 @ 101 fok   ->  rejected FOK_NOT_FILLABLE
  `));

test("post-only rests or is refused", () =>
  check(`
    a1 sell 1 @ 100 post-only  ->  rests 1 @ 100
    b1 buy 1 @ 100 post-only   ->  rejected POST_ONLY_WOULD_TRADE
    b2 buy 1 @ 99 post-only    ->  rests 1 @ 99
    a2 sell 1 @ 99 post-only   ->  rejected POST_ONLY_WOULD_TRADE
    a3 sell 1 @ 100 post-only  ->  rests 1 @ 100
  `));

test("a market order stops at its protection price and never rests", () =>
  check(`
    a1 sell 1 @ 100         ->  rests 1 @ 100
    a2 sell 1 @ 110         ->  rests 1 @ 110
    b1 buy 5 market @ 105   ->  takes 1 from a1 @ 100; b1 cancelled 4 (unfilled)
    b2 buy 3 @ 95           ->  rests 3 @ 95
    a3 sell 2 market @ 95   ->  takes 2 from b2 @ 95
    a4 sell 2 market @ 96   ->  a4 cancelled 2 (unfilled)
  `));

test("a limit buyer pays the maker's price and frees the rest of its limit", () =>
  check(
    `
    a1 sell 2 @ 90      ->  rests 2 @ 90
    a2 sell 3 @ 100     ->  rests 3 @ 100
    b1 buy 4 @ 100      ->  a1 pays 2 frees 0 done, b1 pays 180 frees 20 holds 200; a2 pays 2 frees 0 holds 1, b1 pays 200 frees 0 done
    b2 buy 3 @ 100      ->  a2 pays 1 frees 0 done, b2 pays 100 frees 0 holds 200; rests 2 @ 100
    a3 sell 1 @ 80      ->  b2 pays 100 frees 0 holds 100, a3 pays 1 frees 0 done
    b cancels b2        ->  b2 frees 100 (requested)
  `,
    renderMoney,
  ));

test("a market buy holds at its protection price and frees what it did not need", () =>
  check(
    `
    a1 sell 2 @ 90         ->  rests 2 @ 90
    b1 buy 5 market @ 100  ->  a1 pays 2 frees 0 done, b1 pays 180 frees 20 holds 300; b1 frees 300 (unfilled)
    b2 buy 5 market @ 100  ->  b2 frees 500 (unfilled)
  `,
    renderMoney,
  ));

test("a budget ends when it is spent, cannot buy another lot, or finds no seller", () =>
  check(
    `
    a1 sell 9 @ 10                   ->  rests 9 @ 10
    b1 buy budget 20 market @ 99     ->  a1 pays 2 frees 0 holds 7, b1 pays 20 frees 0 done
    b2 buy budget 29 market @ 99     ->  a1 pays 2 frees 0 holds 5, b2 pays 20 frees 0 holds 9; b2 frees 9 (budget-rest)
    b3 buy budget 9 market @ 99      ->  b3 frees 9 (budget-rest)
    b4 buy budget 60 market @ 99     ->  a1 pays 5 frees 0 done, b4 pays 50 frees 0 holds 10; b4 frees 10 (unfilled)
    a2 sell 9 @ 100                  ->  rests 9 @ 100
    b5 buy budget 200 market @ 99    ->  b5 frees 200 (unfilled)
    b6 buy budget 99 market @ 100    ->  b6 frees 99 (budget-rest)
    b7 buy budget 100 market @ 100   ->  a2 pays 1 frees 0 holds 8, b7 pays 100 frees 0 done
  `,
    renderMoney,
  ));

test("a budget goes on through levels until a lot is too dear", () =>
  check(`
    a1 sell 3 @ 10                 ->  rests 3 @ 10
    a2 sell 3 @ 11                 ->  rests 3 @ 11
    b1 buy budget 55 market @ 20   ->  takes 3 from a1 @ 10; takes 2 from a2 @ 11; b1 cancelled 0 (budget-rest)
  `));

test("only the owner cancels, once, and only what rests", () =>
  check(`
    a1 sell 2 @ 100   ->  rests 2 @ 100
    b cancels a1      ->  rejected UNKNOWN_ORDER
    a cancels a9      ->  rejected UNKNOWN_ORDER
    a cancels a1      ->  a1 cancelled 2 (requested)
    a cancels a1      ->  rejected UNKNOWN_ORDER
    a2 sell 1 @ 100   ->  rests 1 @ 100
    b1 buy 1 @ 100    ->  takes 1 from a2 @ 100
    a cancels a2      ->  rejected UNKNOWN_ORDER
    b cancels b1      ->  rejected UNKNOWN_ORDER
  `));

test("cancel-all takes the account's orders on both sides, oldest first, and nobody else's", () =>
  check(`
    a1 sell 1 @ 101  ->  rests 1 @ 101
    b1 sell 1 @ 100  ->  rests 1 @ 100
    a2 buy 1 @ 90    ->  rests 1 @ 90
    a3 sell 1 @ 100  ->  rests 1 @ 100
    a cancels all    ->  a1 cancelled 1 (mass-cancel); a2 cancelled 1 (mass-cancel); a3 cancelled 1 (mass-cancel); cancelled 3, left 0
    a cancels all    ->  cancelled 0, left 0
    c1 buy 2 @ 110   ->  takes 1 from b1 @ 100; rests 1 @ 110
  `));

test("a command past its deadline is refused, cancels too, and the deadline itself is in time", () =>
  check(`
    at=10 a1 sell 1 @ 100 deadline=10  ->  rests 1 @ 100
    at=11 a2 sell 1 @ 100 deadline=10  ->  rejected ORDER_EXPIRED
    at=11 a cancels a1 deadline=10     ->  rejected ORDER_EXPIRED
    at=11 a cancels all deadline=10    ->  rejected ORDER_EXPIRED
    at=11 a cancels all deadline=11    ->  a1 cancelled 1 (mass-cancel); cancelled 1, left 0
  `));

test("market states decide who may do what", () =>
  check(`
    a1 sell 1 @ 100    ->  rests 1 @ 100
    a2 sell 1 @ 100    ->  rests 1 @ 100
    a3 sell 1 @ 100    ->  rests 1 @ 100
    state halted       ->  halted v2
    b1 buy 1 @ 100     ->  rejected MARKET_HALTED
    a cancels a1       ->  a1 cancelled 1 (requested)
    state cancel-only  ->  cancel-only v3
    b2 buy 1 @ 100     ->  rejected MARKET_CANCEL_ONLY
    a cancels a2       ->  a2 cancelled 1 (requested)
    state continuous   ->  continuous v4
    b3 buy 1 @ 100     ->  takes 1 from a3 @ 100
    a4 sell 1 @ 100    ->  rests 1 @ 100
    state closed       ->  closed v5
    b4 buy 1 @ 100     ->  rejected MARKET_CLOSED
    a cancels a4       ->  rejected MARKET_CLOSED
    a cancels all      ->  rejected MARKET_CLOSED
    state continuous   ->  rejected MARKET_CLOSED
    at=7 tick          ->  ticked 7
  `));

test("a command made for another version of the market is refused", () =>
  check(`
    state continuous version=2     ->  continuous v2
    a1 sell 1 @ 100 version=1      ->  rejected MARKET_CHANGED
    a2 sell 1 @ 100 version=3      ->  rejected MARKET_CHANGED
    a3 sell 1 @ 100 version=2      ->  rests 1 @ 100
    state halted version=2         ->  rejected MARKET_CHANGED
    state halted version=4         ->  rejected MARKET_CHANGED
  `));

test("a record of another epoch changes nothing, whatever it asks", () =>
  check(`
    a1 sell 1 @ 100 epoch=foreign  ->  rejected WRONG_EPOCH
    a2 sell 1 @ 100                ->  rests 1 @ 100
    a cancels all epoch=foreign    ->  rejected WRONG_EPOCH
    state halted epoch=foreign     ->  rejected WRONG_EPOCH
    tick epoch=foreign             ->  rejected WRONG_EPOCH
    b1 buy 1 @ 100                 ->  takes 1 from a2 @ 100
  `));

test("the first reason to refuse is the one that is told", () =>
  check(`
    state halted                                              ->  halted v2
    a1 sell 1 @ 100 epoch=foreign at=9 deadline=8 version=1   ->  rejected WRONG_EPOCH
    a2 sell 1 @ 100 deadline=8 version=1                      ->  rejected ORDER_EXPIRED
    a3 sell 1 @ 100 version=1                                 ->  rejected MARKET_HALTED
    state continuous                                          ->  continuous v3
    a4 sell 1 @ 100 version=1 spend=5                         ->  rejected MARKET_CHANGED
    a5 buy 1 @ 100                                            ->  rests 1 @ 100
    a6 sell 1 @ 100 post-only spend=5                         ->  rejected NOTIONAL_TOO_LARGE
    a7 sell 9 @ 100 post-only fok                             ->  rejected POST_ONLY_WOULD_TRADE
  `));

test("an order is refused when what it holds is not what it can spend", () =>
  check(`
    a1 buy 2 @ 100 spend=199                       ->  rejected NOTIONAL_TOO_LARGE
    a2 buy 2 @ 100 spend=201                       ->  rejected NOTIONAL_TOO_LARGE
    a3 sell 2 @ 100 spend=1                        ->  rejected NOTIONAL_TOO_LARGE
    a4 sell 0 @ 100                                ->  rejected NOTIONAL_TOO_LARGE
    a5 sell budget 9 market @ 100                  ->  rejected NOTIONAL_TOO_LARGE
    a6 buy budget 9 @ 100                          ->  rejected NOTIONAL_TOO_LARGE
    a7 buy budget 9 market @ 100 fok               ->  rejected FOK_NOT_FILLABLE
    a8 buy 4194304 @ 2147483647                    ->  rests 4194304 @ 2147483647
    a9 buy 4194305 @ 2147483647                    ->  rejected NOTIONAL_TOO_LARGE
    b1 buy 9007199254740991 @ 2                    ->  rejected NOTIONAL_TOO_LARGE
  `));

test("the lots on a side are refused, never wrapped", () =>
  check(`
    a1 sell 9007199254740990 @ 5      ->  rests 9007199254740990 @ 5
    a2 sell 2 @ 9                     ->  rejected NOTIONAL_TOO_LARGE
    a3 sell 1 @ 9                     ->  rests 1 @ 9
    a4 sell 2 @ 9 ioc                 ->  a4 cancelled 2 (unfilled)
    b1 buy 1000000 @ 9                ->  takes 1000000 from a1 @ 5
    a5 sell 1000000 @ 9               ->  rests 1000000 @ 9
  `));
