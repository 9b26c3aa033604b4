export const SIGNATURE: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** A header of version 2 of the PROXY protocol. */
export function proxyHeader2(command: number, family: number, ...body: readonly Uint8Array[]): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), length, ...body]);
}

/** One of its fields. */
export function tlv(type: number, value: string): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 255]), Buffer.from(value, 'latin1')]);
}
