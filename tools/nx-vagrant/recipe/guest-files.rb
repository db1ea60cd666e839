# frozen_string_literal: true

require 'base64'
require 'rubygems/package'
require 'stringio'
require 'zlib'

# The files that provisioning puts into the guest, sent along in the script that puts them there: one upload, where
# each costs seconds on an emulated CPU.
class GuestFiles
  NAME = /\A[a-z][a-z0-9-]*\z/.freeze

  # Workload => bundle, from "primes=/path/main.mjs,…"; by default every app of the workspace that is built. Without a
  # bundle it is an app that is in the guest already, or gets there in another way.
  def self.artifacts(text, workspace)
    return built_apps(workspace) if text.nil?

    # a path may have commas
    text.split(/,(?=[^,=]*=)/).to_h do |entry|
      workload, path = entry.split('=', 2)
      abort "TARE_ARTIFACTS: expected name=path, got #{entry.inspect}" unless workload.match?(NAME) && path
      abort "TARE_ARTIFACTS: #{path} of #{workload} is not a file; build it first" unless path.empty? || File.file?(path)
      [workload, path]
    end
  end

  def self.built_apps(workspace)
    Dir.glob(File.join(workspace, 'dist/apps/*/main.mjs')).sort
       .to_h { |path| [File.basename(File.dirname(path)), path] }
       .select { |workload, _| workload.match?(NAME) && workload != 'bench' }
  end

  def initialize(artifacts:, unit:, app_memory_mib:, node_arguments:, packages:, start:)
    abort "TARE_NODE_ARGUMENTS: expected one line, got #{node_arguments.inspect}" if node_arguments.match?(/[[:cntrl:]]/)
    abort "TARE_PACKAGES: expected names of Debian packages, got #{packages.inspect}" unless packages.match?(/\A[a-z0-9.+ -]*\z/)
    @workloads = artifacts.keys
    @packages = packages
    @start = start
    @files = { 'etc/systemd/system/tare@.service' => File.binread(unit),
               'etc/systemd/system/tare@.service.d/budget.conf' => "[Service]\nMemoryMax=#{app_memory_mib}M\n" }
    artifacts.each do |workload, path|
      # its name says whether it is a module
      main = "main#{File.extname(path)}"
      settings = { NODE_ARGUMENTS: node_arguments, MAIN: main }
      @files["etc/tare/#{workload}.env"] = settings.map { |name, value| "#{name}=#{value}\n" }.join
      @files["opt/tare/#{workload}/#{main}"] = File.binread(path) unless path.empty?
    end
  end

  # The script with its settings in front (the workloads in order, packages, whether to start one) and its files behind.
  def script(path)
    body = File.read(path).sub(/^workloads=.*$/, "workloads='#{@workloads.join(' ')}' packages='#{@packages}' start='#{'yes' if @start}'")
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
