import { describe, expect, it } from 'vitest';
import { sendQueues } from '../../shell/send-queue.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 20033 1 0000000000000000 100 0 0 10 0
   1: 0100007F:9C42 0100007F:2329 01 0000A8D1:00000010 01:00000014 00000003     0        0 20099 2 0000000000000000 20 4 30 10 -1
`;

describe('the send queues of the system', () => {
  it('are found by the ports of a connection', () => {
    expect([...sendQueues(table)]).toEqual([['8080:0', 0], ['40002:9001', 0xa8d1]]);
  });

  it('of IPv6 connections too', () => {
    const line = '   0: 00000000000000000000000001000000:9C42 00000000000000000000000001000000:2329 01 00000100:00000000 00:00000000';
    expect(sendQueues(`head\n${line}\n`).get('40002:9001')).toBe(256);
  });

  it.each(['', 'head', 'head\n\n', 'head\nnonsense\n', 'head\n 0: 1 2 3'])('of %j are none', (text) => {
    expect(sendQueues(text).size).toBe(0);
  });
});
