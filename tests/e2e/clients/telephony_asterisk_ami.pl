#!/usr/bin/perl
# Telephony::Asterisk::AMI against the engine: what scenario.js does, in its own idiom. It is a blocking
# client: events are kept while it waits for a response. Usage: HOST PORT.
use strict;
use warnings;
use Telephony::Asterisk::AMI ();

$SIG{ALRM} = sub { die "nothing for 60 s\n" };
alarm 60;

my ($host, $port) = @ARGV;
my @kept;
my $ami = Telephony::Asterisk::AMI->new(Host => $host, Port => $port, Username => 'hello', Secret => 'world',
    Event_Callback => sub { push @kept, shift });

sub want {
    my ($what, $got, $wanted) = @_;
    die "$what: '" . ($got // 'nothing') . "' instead of '$wanted'\n" unless defined $got && $got eq $wanted;
}

# The first event that has these headers, also one that came before; each is given out once.
sub event {
    my %headers = @_;
    my $fits = sub {
        my $e = shift;
        return !grep { ($e->{$_} // '') ne $headers{$_} } keys %headers;
    };
    for my $i (0 .. $#kept) {
        return splice(@kept, $i, 1) if $fits->($kept[$i]);
    }
    while (1) {
        my $e = $ami->read_response;
        return $e if $fits->($e);
        push @kept, $e;
    }
}

sub ok {
    my ($message, %action) = @_;
    my $r = $ami->action(%action);
    want($action{Action}, $r->{Response}, 'Success');
    want($action{Action}, $r->{Message}, $message) if $message;
    return $r;
}

sub refused {
    my ($message, %action) = @_;
    my $r = $ami->action(%action);
    want($action{Action}, "$r->{Response} $r->{Message}", "Error $message");
}

# The items of a list, without the end.
sub list {
    my ($message, $end, %action) = @_;
    my $r = ok($message, %action);
    my @items;
    while (1) {
        my $e = event(ActionID => $r->{ActionID});
        if ($e->{Event} eq $end) {
            want("ListItems of $end", $e->{ListItems}, scalar @items);
            return @items;
        }
        push @items, $e;
    }
}

sub call {
    my ($id, $far, %more) = @_;
    return (Action => 'Originate', Channel => "PJSIP/$far\@far", ChannelId => $id, Context => 'crm', Exten => 'hold',
        Priority => 1, Timeout => 20000, CallerID => 'Ann <100>', %more);
}

sub outcome {
    my %action = @_;
    ok('Originate successfully queued', %action, Async => 'true');
    return event(Event => 'OriginateResponse', Uniqueid => $action{ChannelId});
}

sub answered {
    my $reply = outcome(call('pl-1', 'answer-1', Variable => [ 'LEAD=4711', 'COLOUR=red' ]));
    want('Response', "$reply->{Response} $reply->{Reason}", 'Success 4');
    my $born = event(Event => 'Newchannel', Uniqueid => 'pl-1');
    want('DialStatus', event(Event => 'DialEnd', DestUniqueid => 'pl-1')->{DialStatus}, 'ANSWER');
    event(Event => 'Newexten', Uniqueid => 'pl-1', Application => 'Wait');
    return $born->{Channel};
}

sub channel_actions {
    my $channel = shift;
    my @status = list('Channel status will follow', 'StatusComplete', Action => 'Status', Channel => $channel);
    want('Status', "@{[ map { $_->{Channel} } @status ]}", $channel);
    my @shown = list('Channels will follow', 'CoreShowChannelsComplete', Action => 'CoreShowChannels');
    want('CoreShowChannels', "@{[ map { $_->{Channel} } @shown ]}", $channel);
    want('COLOUR', ok(undef, Action => 'Getvar', Channel => $channel, Variable => 'COLOUR')->{Value}, 'red');
    ok('Variable Set', Action => 'Setvar', Channel => $channel, Variable => 'COLOUR', Value => 'blue');
    want('COLOUR', ok(undef, Action => 'Getvar', Channel => $channel, Variable => 'COLOUR')->{Value}, 'blue');
    ok('Redirect successful', Action => 'Redirect', Channel => $channel, Context => 'crm', Exten => 'moved', Priority => 1);
    want('Moved', event(Event => 'UserEvent', UserEvent => 'Moved')->{Lead}, '4711');
    my $r = ok('Command output follows', Action => 'Command', Command => 'core show channels concise');
    want('concise', join('!', (split /!/, $r->{Output})[ 0 .. 2 ]), "$channel!crm!moved");
    ok('Channel Hungup', Action => 'Hangup', Channel => $channel, Cause => 16);
    want('Cause', event(Event => 'Hangup', Uniqueid => 'pl-1')->{'Cause-txt'}, 'Normal Clearing');
    refused('No such channel', Action => 'Hangup', Channel => $channel);
}

sub failures {
    ok('Originate successfully queued', call('pl-2', 'answer-2', Exten => 'over'));
    event(Event => 'Hangup', Uniqueid => 'pl-2');
    refused('Originate failed', call('pl-3', 'busy-1'));
    want('busy', outcome(call('pl-4', 'busy-2'))->{Response}, 'Failure');
    want('busy', event(Event => 'Hangup', Uniqueid => 'pl-4')->{Cause}, '17');
    my $unanswered = outcome(call('pl-5', 'ring-1', Timeout => 2000));
    want('unanswered', "$unanswered->{Response} $unanswered->{Reason}", 'Failure 3');
}

$ami->connect or die $ami->error . "\n";
want('Ping', ok(undef, Action => 'Ping')->{Ping}, 'Pong');
want('Events', ok(undef, Action => 'Events', EventMask => 'on')->{Events}, 'On');
channel_actions(answered());
failures();
$ami->disconnect or die $ami->error . "\n";
print "passed\n";
