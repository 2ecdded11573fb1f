#!/usr/bin/perl
# SPDX-License-Identifier: ISC
#
# Mail::DKIM as a peer, in the words of opendkim_peer.c (rsa-sha256 only: Debian's version has no Ed25519).
use strict;
use warnings;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;

our %keys;
{
    no warnings 'redefine';
    require Mail::DKIM::PublicKey;
    *Mail::DKIM::PublicKey::fetch = sub {
        my ($class, %prms) = @_;
        my $text = $keys{"$prms{Selector}._domainkey.$prms{Domain}"} or return;
        return $class->parse($text);
    };
    *Mail::DKIM::PublicKey::fetch_async = sub {
        my ($class, %prms) = @_;
        my $key = $class->fetch(%prms);
        return sub { $prms{Callbacks}{Success}->($key); $key };
    };
}

sub content {
    my ($path) = @_;
    open my $f, '<:raw', $path or die "$path: $!";
    local $/;
    return scalar <$f>;
}

sub sign {
    my ($header, $body, $algorithm, $domain, $selector, $key, $in, $out) = @_;
    my $signer = Mail::DKIM::Signer->new(Algorithm => $algorithm, Method => "$header/$body", Domain => $domain,
        Selector => $selector, KeyFile => $key);
    my $message = content($in);
    $signer->PRINT($message);
    $signer->CLOSE;
    open my $f, '>:raw', $out or die "$out: $!";
    my $field = $signer->signature->as_string;
    $field =~ s/\r?\n/\r\n/g;
    print $f "$field\r\n$message";
    close $f;
    return 'ok';
}

sub verify {
    my ($file, $in) = @_;
    %keys = map { split / /, $_, 2 } split /\n/, content($file);
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT(content($in));
    $verifier->CLOSE;
    return $verifier->result eq 'pass' ? 'pass' : 'fail ' . $verifier->result_detail;
}

$| = 1;
while (my $line = <STDIN>) {
    my ($verb, @words) = split ' ', $line;
    my $answer = eval { $verb eq 'sign' ? sign(@words) : verify(@words) };
    ($answer) = "fail $@" =~ /(.*)/ unless defined $answer;
    print "$answer\n";
}
