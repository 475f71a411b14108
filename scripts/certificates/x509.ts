// Makes certificates. Reading them is Node's own (crypto.X509Certificate); making them is not in Node.
import 'reflect-metadata'; // @peculiar/x509 needs it, loaded first
import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Usage } from '../../charts/config/certificates';

/** A certificate with its private key, both as PEM; the key as PKCS #8, which Go's tls.LoadX509KeyPair takes. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Extended key usages (RFC 5280, 4.2.1.12). */
export const usageOids: Readonly<Record<Usage, string>> = {
  'server auth': ExtendedKeyUsage.serverAuth,
  'client auth': ExtendedKeyUsage.clientAuth,
};

export const day = 86_400_000;
/** Clocks of other machines may be behind this one's. */
const clockSkew = 5 * 60_000;

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
const keyPem = (key: webcrypto.CryptoKey): string => KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();

/** A positive number of 16 bytes, none of them predictable (CA/Browser Forum: at least 64 bits). */
const serialNumber = (): string => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40; // no sign bit, no leading zero
  return bytes.toString('hex');
};

const validity = (now: Date, notAfter: number) => {
  const second = (time: number) => new Date(Math.floor(time / 1000) * 1000);
  return { notBefore: second(now.getTime() - clockSkew), notAfter: second(notAfter) };
};

/**
 * Makes a certificate authority that signs leaves and nothing else.
 * @param name its subject's common name
 * @param life milliseconds
 */
export const makeAuthority = async (name: string, now: Date, life: number): Promise<KeyPair> => {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    serialNumber: serialNumber(),
    ...validity(now, now.getTime() + life),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: keyPem(keys.privateKey) };
};

/**
 * Signs a leaf with a new key of its own. It ends with its authority at the latest.
 * @param names DNS names. The subject is empty: a common name could not be longer than 64 characters, and nobody reads it
 * @param life milliseconds
 */
export const makeLeaf = async (
  authority: KeyPair,
  names: readonly string[],
  usages: readonly Usage[],
  now: Date,
  life: number,
): Promise<KeyPair> => {
  const issuer = new X509Certificate(authority.certificate);
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der(authority.key), algorithm, false, ['sign']);
  const keys = await newKeys();
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension(usages.map((u) => usageOids[u])),
    // critical, since the subject is empty (RFC 5280, 4.2.1.6)
    new SubjectAlternativeNameExtension(
      names.map((value) => ({ type: 'dns' as const, value })),
      true,
    ),
    await SubjectKeyIdentifierExtension.create(keys.publicKey),
    await AuthorityKeyIdentifierExtension.create(issuer),
  ];
  const certificate = await X509CertificateGenerator.create({
    issuer: issuer.subjectName,
    serialNumber: serialNumber(),
    ...validity(now, Math.min(now.getTime() + life, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions,
  });
  return { certificate: pem(certificate), key: keyPem(keys.privateKey) };
};

const pem = (certificate: X509Certificate): string => `${certificate.toString('pem').trim()}\n`;
const der = (text: string): Buffer => Buffer.from(text.replace(/-----[^-]+-----|\s/g, ''), 'base64');
