/** Which of Hadoop's settings stand for the credentials of the environment. */
import { describe, expect, it } from 'vitest';
import { settingsToPass } from '../../src/engines/spark/storage-access.ts';
import { parseAzureAddress } from '../../src/storage/azure/address.ts';
import { hadoopSettings } from '../../src/storage/azure/hadoop-settings.ts';

const HOST = 'shop.dfs.core.windows.net';
const ADDRESS = parseAzureAddress(`abfss://lake@${HOST}/a/b`);

describe('the settings of Hadoop for a lake in Azure', () => {
  it('hold an account key', () => {
    for (const env of [
      { AZURE_STORAGE_ACCOUNT_KEY: 'a key' },
      { AZURE_STORAGE_CONNECTION_STRING: 'AccountName=shop;AccountKey=a key' },
    ]) {
      expect(hadoopSettings(ADDRESS, env)).toEqual({
        [`fs.azure.account.auth.type.${HOST}`]: 'SharedKey',
        [`fs.azure.account.key.${HOST}`]: 'a key',
      });
    }
  });

  it('hold a shared access signature', () => {
    expect(hadoopSettings(ADDRESS, { AZURE_STORAGE_SAS_TOKEN: '?sv=1&sig=s' })).toEqual({
      [`fs.azure.account.auth.type.${HOST}`]: 'SAS',
      [`fs.azure.sas.fixed.token.${HOST}`]: 'sv=1&sig=s',
    });
  });

  it('hold a service principal', () => {
    const env = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 's' };
    const expected = {
      [`fs.azure.account.auth.type.${HOST}`]: 'OAuth',
      [`fs.azure.account.oauth.provider.type.${HOST}`]:
        'org.apache.hadoop.fs.azurebfs.oauth2.ClientCredsTokenProvider',
      [`fs.azure.account.oauth2.client.id.${HOST}`]: 'c',
      [`fs.azure.account.oauth2.client.secret.${HOST}`]: 's',
      [`fs.azure.account.oauth2.client.endpoint.${HOST}`]:
        'https://login.microsoftonline.com/t/oauth2/token',
    };
    expect(hadoopSettings(ADDRESS, env)).toEqual(expected);
    const elsewhere = { ...env, AZURE_AUTHORITY_HOST: 'https://login.chinacloudapi.cn/' };
    expect(hadoopSettings(ADDRESS, elsewhere)).toMatchObject({
      [`fs.azure.account.oauth2.client.endpoint.${HOST}`]:
        'https://login.chinacloudapi.cn/t/oauth2/token',
    });
  });

  it('are none for what cannot leave this machine', () => {
    expect(hadoopSettings(ADDRESS, {})).toEqual({});
    expect(hadoopSettings(ADDRESS, { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c' })).toEqual({});
  });

  it('name the emulator and its ways', () => {
    const env = {
      AZURE_STORAGE_ACCOUNT_KEY: 'k',
      AZURE_STORAGE_BLOB_ENDPOINT: 'http://127.0.0.1:10000/shop/',
    };
    expect(hadoopSettings(ADDRESS, env)).toMatchObject({
      'fs.azure.abfs.endpoint': '127.0.0.1:10000',
      'fs.azure.always.use.https': 'false',
    });
    const encrypted = { ...env, AZURE_STORAGE_BLOB_ENDPOINT: 'https://127.0.0.1:10000/shop' };
    expect(hadoopSettings(ADDRESS, encrypted)).not.toHaveProperty('fs.azure.always.use.https');
  });
});

describe('the settings that Spark is given', () => {
  const settings = { secret: 'x' };
  const pass = (url: string, isPassed?: boolean) => settingsToPass(url, { settings, isPassed });

  it('go to this machine and over TLS', () => {
    for (const url of [
      'sc://localhost',
      'sc://127.0.0.1:7',
      'sc://[::1]',
      'sc://h/;use_ssl=true',
    ]) {
      expect(pass(url)).toEqual(settings);
      expect(pass(url, false)).toEqual({});
    }
  });

  it('never travel in clear', () => {
    expect(() => pass('sc://spark.example')).toThrow(
      'the credentials of the lake would be sent to the Spark at spark.example without TLS',
    );
    expect(pass('sc://spark.example', false)).toEqual({});
    expect(settingsToPass('sc://spark.example', { settings: {}, isPassed: true })).toEqual({});
  });

  it('go to Databricks only when that is said', () => {
    expect(pass('databricks://host/;serverless=true')).toEqual({});
    expect(pass('databricks://host/;serverless=true', true)).toEqual(settings);
  });
});
