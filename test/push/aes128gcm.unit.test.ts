import { describe, expect, it } from '@jest/globals';
import { encrypt, MAX_PLAINTEXT_BYTES } from '../../services/push/crypto/aes128gcm.ts';
import { Subscriber } from '../../tools/push-service/subscriber.ts';

const bytes = (text: string) => Buffer.from(text, 'base64url');

/** RFC 8291, section 5 and appendix A. */
const example = {
  plaintext: 'When I grow up, I want to be a watermelon',
  receiver: {
    privateKey: bytes('q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94'),
    auth: bytes('BTBZMqHH6r4Tts7J_aSIgg'),
  },
  sender: {
    privateKey: bytes('yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw'),
    salt: bytes('DGv6ra1nlYgDCS1FRnbzlw'),
  },
  body:
    'DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4M' +
    'qgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN',
};

describe('a message for one subscriber', () => {
  it('is the example of RFC 8291, byte for byte', () => {
    const subscription = new Subscriber(example.receiver).subscription('https://push.example.net/x');
    const body = encrypt(Buffer.from(example.plaintext), subscription, example.sender);
    expect(body.toString('base64url')).toBe(example.body);
  });

  it('is read by the subscriber of that example, and by no other', () => {
    expect(new Subscriber(example.receiver).decrypt(bytes(example.body)).toString()).toBe(example.plaintext);
    expect(() => new Subscriber().decrypt(bytes(example.body))).toThrow();
  });

  it('is another one each time', () => {
    const subscriber = new Subscriber();
    const subscription = subscriber.subscription('https://push.example.net/x');
    const twice = [1, 2].map(() => encrypt(Buffer.from('the same'), subscription));
    expect(twice[0]).not.toEqual(twice[1]);
    expect(twice.map((body) => subscriber.decrypt(body).toString())).toEqual(['the same', 'the same']);
  });

  it('has at its longest the 4,096 bytes that every push service takes', () => {
    const subscriber = new Subscriber();
    const plaintext = Buffer.alloc(MAX_PLAINTEXT_BYTES, 'a');
    const body = encrypt(plaintext, subscriber.subscription('https://push.example.net/x'));
    expect(body.byteLength).toBe(4_096);
    expect(subscriber.decrypt(body)).toEqual(plaintext);
  });

  it('cannot be made for a key that is no point of the curve', () => {
    const { keys, ...rest } = new Subscriber().subscription('https://push.example.net/x');
    const wrong = { ...rest, keys: { ...keys, p256dh: Buffer.alloc(65, 4).toString('base64url') } };
    expect(() => encrypt(Buffer.from('x'), wrong)).toThrow();
  });
});
