// An HTTPS server by Java's own TLS (JSSE) for JsseServer (jsse.py). It reads base64 lines from standard input: cipher
// suite, private key (PKCS #8), the CA of its clients or nothing, then its certificates, ended by an empty line. It
// prints one line an event, and ends when its standard input does, so that it cannot outlive who started it.
import java.io.*;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;
import javax.net.ssl.*;

public class JsseServer {
    private static final char[] NO_PASSWORD = new char[0];
    private static final byte[] PAGE =
        "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nJSSE\n".getBytes(StandardCharsets.US_ASCII);

    public static void main(String[] arguments) throws Exception {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        String suite = input.readLine();
        byte[] key = Base64.getDecoder().decode(input.readLine());
        String authority = input.readLine();
        List<Certificate> chain = new ArrayList<>();
        for (String line = input.readLine(); !line.isEmpty(); line = input.readLine()) chain.add(certificate(line));
        SSLServerSocket listener = listen(suite, key, chain, authority);
        System.out.println("listening " + listener.getLocalPort() + " java " + System.getProperty("java.version"));
        Thread acceptor = new Thread(() -> accept(listener));
        acceptor.setDaemon(true);
        acceptor.start();
        while (input.readLine() != null) { }
    }

    private static SSLServerSocket listen(String suite, byte[] key, List<Certificate> chain, String authority)
            throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        own.setKeyEntry("server", KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(key)),
            NO_PASSWORD, chain.toArray(new Certificate[0]));
        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(own, NO_PASSWORD);
        TrustManager[] trust = null;
        if (!authority.isEmpty()) {
            KeyStore authorities = KeyStore.getInstance("PKCS12");
            authorities.load(null, null);
            authorities.setCertificateEntry("ca", certificate(authority));
            TrustManagerFactory trusted = TrustManagerFactory.getInstance("PKIX");
            trusted.init(authorities);
            trust = trusted.getTrustManagers();
        }
        SSLContext context = SSLContext.getInstance("TLSv1.2");
        context.init(keys.getKeyManagers(), trust, null);
        InetAddress here = InetAddress.getByName("127.0.0.1");
        SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 50, here);
        listener.setEnabledProtocols(new String[] {"TLSv1.2"});
        listener.setEnabledCipherSuites(new String[] {suite});
        listener.setNeedClientAuth(trust != null);
        return listener;
    }

    private static void accept(SSLServerSocket listener) {
        while (true) {
            try {
                SSLSocket socket = (SSLSocket) listener.accept();
                Thread conversation = new Thread(() -> serve(socket));
                conversation.setDaemon(true);
                conversation.start();
            } catch (IOException failure) {
                return;
            }
        }
    }

    private static void serve(SSLSocket socket) {
        try (socket) {
            socket.startHandshake();
            System.out.println("accepted");
            InputStream request = socket.getInputStream();
            for (int newlines = 0, octet = request.read(); octet >= 0 && newlines < 2; ) {
                newlines = octet == '\n' ? newlines + 1 : octet == '\r' ? newlines : 0;
                if (newlines < 2) octet = request.read();
            }
            socket.getOutputStream().write(PAGE);
        } catch (IOException failure) {
            StringBuilder words = new StringBuilder();
            for (Throwable cause = failure; cause != null; cause = cause.getCause())
                if (words.indexOf(String.valueOf(cause.getMessage())) < 0)
                    words.append(words.length() == 0 ? "" : "; ").append(cause.getMessage());
            System.out.println("failed " + words.toString().replace('\n', ' '));
        }
    }

    private static Certificate certificate(String base64) throws Exception {
        byte[] der = Base64.getDecoder().decode(base64);
        return CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }
}
