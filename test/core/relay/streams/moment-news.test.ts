import { describe, expect, it } from 'vitest';
import { MomentNews } from '../../../../core/relay/streams/moment-news.ts';
import type { Moment } from '../../../../core/wire/messages/moment-message.ts';

const at = (sequence: number, anchorUs = 1_800_000_000_000_000): Moment => ({ sequence, anchorUs, sinceSamples: 4_608, onAirUs: 0 });

/** Says all of them of a stream that has come so far; returns those that were news. */
function news(moments: MomentNews, sequence: number, said: readonly Moment[]): readonly Moment[] {
  return said.filter((moment) => {
    const isNews = moments.isNews(moment, sequence);
    if (isNews) moments.keep(moment, sequence);
    return isNews;
  });
}

describe('what edges say of a stream', () => {
  it('is news when it is of a later message, whatever was said of messages that have not come', () => {
    const moments = new MomentNews();
    expect(news(moments, 40, [at(40 + 4_096), at(16), at(24), at(16), at(24), at(40)])).toEqual([at(40 + 4_096), at(16), at(24), at(40)]);
    expect(moments.newest).toEqual(at(40));
    expect(news(moments, 48, [at(48), at(40)])).toEqual([at(48)]);
  });

  it('of messages that have not come is news as long as it is of nearer ones', () => {
    const moments = new MomentNews();
    expect(news(moments, 40, [at(800), at(64), at(72), at(800), at(48), at(64)])).toEqual([at(800), at(64), at(48)]);
    expect(moments.newest).toEqual(at(48));
  });

  it('is no news again when the message has come', () => {
    const moments = new MomentNews();
    expect(news(moments, 40, [at(48)])).toEqual([at(48)]);
    expect(news(moments, 56, [at(48), at(40)])).toEqual([]);
    expect(news(moments, 56, [at(56), at(48), at(64), at(56)])).toEqual([at(56), at(64)]);
  });

  it('of one message is news when the anchor is an earlier one', () => {
    const moments = new MomentNews();
    const earlier = at(16, at(16).anchorUs - 1);
    const earlierAhead = at(80, at(80).anchorUs - 1);
    expect(news(moments, 40, [at(16), earlier, at(16), at(80), earlierAhead, at(80)])).toEqual([at(16), earlier, at(80), earlierAhead]);
  });

  it('says nothing of a stream that has gone back to where it was long ago', () => {
    const moments = new MomentNews();
    expect(news(moments, 9_000, [at(9_000), at(9_008)])).toEqual([at(9_000), at(9_008)]);
    expect(news(moments, 100, [at(9_000), at(96), at(104)])).toEqual([at(96), at(104)]);
  });
});
