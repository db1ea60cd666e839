# frozen_string_literal: true

require 'base64'
require 'rubygems/package'
require 'stringio'
require 'zlib'

# The files that provisioning puts into the guest, sent along in the script that puts them there: one upload, where
# each costs seconds on an emulated CPU.
class GuestFiles
  # Workload => bundle, from "primes=/path/main.mjs,…"; by default every app of the workspace that is built.
  def self.artifacts(text, workspace)
    return built_apps(workspace) if text.nil?

    text.split(',').to_h do |entry|
      workload, path = entry.split('=', 2)
      abort "TARE_ARTIFACTS: expected name=path, got #{entry.inspect}" unless workload.match?(/\A[a-z][a-z0-9-]*\z/) && path
      abort "TARE_ARTIFACTS: #{path} of #{workload} is not a file; build it first" unless File.file?(path)
      [workload, path]
    end
  end

  def self.built_apps(workspace)
    Dir.glob(File.join(workspace, 'dist/apps/*/main.mjs')).sort
       .to_h { |path| [File.basename(File.dirname(path)), path] }
       .reject { |workload, _| workload == 'bench' }
  end

  def initialize(artifacts:, unit:, app_memory_mib:, node_arguments:, start:)
    abort "TARE_NODE_ARGUMENTS: expected one line, got #{node_arguments.inspect}" if node_arguments.match?(/[[:cntrl:]]/)
    @workloads = artifacts.keys
    @start = start
    @files = { 'etc/systemd/system/tare@.service' => File.binread(unit),
               'etc/systemd/system/tare@.service.d/budget.conf' => "[Service]\nMemoryMax=#{app_memory_mib}M\n" }
    artifacts.each do |workload, path|
      @files["etc/tare/#{workload}.env"] = "HOST=0.0.0.0\nPORT=8000\nNODE_ARGUMENTS=#{node_arguments}\n"
      @files["opt/tare/#{workload}/main.mjs"] = File.binread(path)
    end
  end

  # The script with its settings in front (the workloads in order, whether to start one) and its files behind.
  def script(path)
    body = File.read(path).sub(/^workloads=.*$/, "workloads='#{@workloads.join(' ')}' start='#{'yes' if @start}'")
    "#{body.chomp}\n#{Base64.encode64(archive)}"
  end

  private

  # The same bytes for the same files.
  def archive
    packed = StringIO.new(String.new(encoding: Encoding::BINARY))
    Gem::Package::TarWriter.new(packed) do |tar|
      @files.each { |name, bytes| tar.add_file_simple(name, 0o644, bytes.bytesize) { |file| file.write(bytes) } }
    end
    Zlib.gzip(packed.string, level: 6)
  end
end
