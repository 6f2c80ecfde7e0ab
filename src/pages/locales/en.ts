import { type Html, html } from '../../http/answer/html.ts'

/** A duration in words. */
function seconds(count: number): string {
  if (count < 60) return count === 1 ? '1 second' : `${count} seconds`
  const minutes = Math.ceil(count / 60)
  return minutes === 1 ? '1 minute' : `${minutes} minutes`
}

/**
 * The words of the pages in English. A value that is data comes in as {@link Html}, already escaped, where the sentence emphasizes it, and
 * as a string, which the page escapes, elsewhere.
 */
export const en = {
  languageTag: 'en',
  footer: { label: 'About this service', terms: 'Terms', privacy: 'Privacy', help: 'Help' },
  errorPrefix: 'Error',
  signIn: {
    title: 'Sign in',
    toContinue: (client: Html) => html`to continue to ${client}`,
    again: 'Please sign in again to show that it is still you.',
    username: 'Email or username',
    password: 'Password',
    submit: 'Sign in',
    wrong: 'That email or password is not right. Please try again.',
    wait: (count: number) => `Too many attempts. Please wait ${seconds(count)}, then try again.`,
  },
  consent: {
    title: (client: string) => `${client} asks for access`,
    heading: (client: Html) => html`${client} would like access to your account`,
    as: 'Signed in as',
    switch: 'Use another account',
    list: (client: Html) => html`${client} will be able to:`,
    nothing: 'Know that you signed in. Nothing else.',
    returnsTo: (host: Html) => html`After this you go to ${host}.`,
    onDevice: 'You are connecting a device. Allow it only if you have started this yourself.',
    withdraw: 'You can take this back at any time on your account page.',
    allow: 'Allow',
    deny: 'Cancel',
  },
  scopes: {
    openid: 'Know who you are when you come back',
    profile: 'See your name and your public profile',
    email: 'See your email address',
    address: 'See your postal address',
    phone: 'See your phone number',
    groups: 'See the groups that you belong to',
    offline_access: 'Keep this access while you are away',
  },
  selectAccount: {
    title: 'Choose an account',
    toContinue: (client: Html) => html`to continue to ${client}`,
    other: 'Use another account',
  },
  account: {
    title: 'Your account',
    password: 'Password',
    currentPassword: 'Current password',
    newPassword: 'New password',
    changePassword: 'Change password',
    configuredPassword: 'Your password is managed by the people who run this service.',
    sessions: 'Where you are signed in',
    thisDevice: 'This browser',
    lastSeen: (time: Html) => html`Last active ${time}`,
    signedInAt: (time: Html) => html`Signed in ${time}`,
    signOut: 'Sign out',
    signOutOf: (device: string) => `Sign out: ${device}`,
    signOutAll: 'Sign out everywhere',
    signOutAllHint: 'Ends every session, this one too, and the access of every app.',
    apps: 'Apps with access',
    noApps: 'No app has access to your account.',
    allowed: (time: Html) => html`Allowed ${time}`,
    revoke: 'Remove access',
    revokeOf: (app: string) => `Remove access: ${app}`,
    done: {
      'password-changed': 'Your password is changed. Other devices have been signed out.',
      'signed-out': 'That device is signed out.',
      'consent-withdrawn': 'That app no longer has access.',
    },
  },
  justNow: 'just now',
  onDay: (day: string) => `on ${day}`,
  unknownDevice: 'Unknown device',
  deviceOf: (browser: string, system: string) => `${browser} on ${system}`,
  password: {
    title: 'Choose a password',
    newTitle: 'Choose your password',
    for: (username: Html) => html`for ${username}`,
    label: 'New password',
    submit: 'Save password',
    hint: (least: number) => `At least ${least} characters. A few random words work well.`,
    short: 'That is too short.',
    long: (most: number) => `That is too long. Please use at most ${most} characters.`,
    characters: 'That has a character that cannot be typed everywhere. Please choose another password.',
    wrong: 'Your current password is not right.',
  },
  signOut: {
    title: 'Sign out',
    heading: 'Do you want to sign out?',
    asked: (client: Html) => html`${client} asks to sign you out.`,
    as: 'You are signed in as',
    yes: 'Sign out',
    no: 'Stay signed in',
  },
  signedOut: {
    title: 'Signed out',
    heading: 'You are signed out',
    text: 'You can close this window now.',
    stayedTitle: 'Still signed in',
    stayedHeading: 'You are still signed in',
    stayedText: 'Nothing has changed. You can close this window now.',
    continue: 'Continue',
    again: 'Sign in again',
  },
  device: {
    title: 'Connect a device',
    text: 'Enter the code that your device shows.',
    label: 'Code',
    submit: 'Continue',
    unknown: 'That code is not right, or it is too old. Please check the code on your device.',
    wait: (count: number) => `Too many attempts. Please wait ${seconds(count)}, then try again.`,
    confirmTitle: 'Is this your device?',
    code: 'The device must show this code:',
    warn: 'If you did not start this yourself, or if somebody sent you the link, close this window.',
    allowedTitle: 'Your device is connected',
    allowedText: 'You can close this window and go back to your device.',
    deniedTitle: 'The device was not connected',
    deniedText: 'It has no access to your account. You can close this window.',
  },
  notice: {
    'link-over': {
      title: 'This link no longer works',
      text: 'It was used already, or it is too old. Please ask for a new one where you got this one.',
    },
    'password-set': {
      title: 'Your password is saved',
      text: 'You can sign in with it from now on.',
    },
    'interaction-over': {
      title: 'This page has expired',
      text: 'You waited a little too long, you have finished this already, or your browser blocks cookies. Please go back to the app and start again.',
    },
    continue: 'Continue',
  },
  error: {
    request: {
      title: 'This link does not work',
      text: 'The app that sent you here made a mistake. Please go back and try again, or tell the people who run the app.',
    },
    denied: {
      title: 'This was not done, to keep you safe',
      text: 'The form was too old or came from another page. Please go back, reload the page and try again.',
    },
    notFound: {
      title: 'There is nothing here',
      text: 'The address may be mistyped, or the page has moved.',
    },
    wait: {
      title: 'Too many attempts',
      text: (count: number) => `Please wait ${seconds(count)}, then try again.`,
    },
    unavailable: {
      title: 'We cannot answer right now',
      text: 'This is our fault, not yours. Please try again in a few seconds.',
    },
    server: {
      title: 'Something went wrong',
      text: 'This is our fault, not yours. Please try again. If it happens again, tell us the request ID below.',
    },
    code: 'Error',
    requestId: 'Request ID',
  },
  formPost: {
    title: 'One moment',
    text: (client: Html) => html`Taking you back to ${client}.`,
    anonymous: 'Taking you back to the app.',
    submit: 'Continue',
  },
}

/** What a language must say. The compiler finds a sentence that is missing. */
export type Texts = typeof en
